#include "inbound/complaint_tie.h"

#include <algorithm>
#include <utility>

#include "inbound/bounce_attribution.h"

namespace posthaste {
namespace {

// "b-TOKEN", "b-TOKEN@bounce.example.com".
std::optional<ReturnPathToken> token_in(const std::string& value, const ReturnPathCodec* codec) {
  if (codec == nullptr) return std::nullopt;
  const auto local = LocalPart::parse(value.substr(0, value.rfind('@')));
  if (!local) return std::nullopt;
  return codec->read(*local);
}

// "0190b6a3-…", "0190b6a3-…@mx.example.com".
std::optional<MessageId> id_in(const std::string& value) {
  const auto id = MessageId::parse(value.substr(0, value.find('@')));
  if (!id) return std::nullopt;
  return *id;
}

std::optional<ComplaintTie> tie_by(const ComplaintClue& clue, const ReturnPathCodec* codec,
                                   bool is_authentic) {
  ComplaintTie tie;
  tie.by = clue.kind;
  const bool may_be_token =
      clue.kind == ClueKind::return_path || clue.kind == ClueKind::cfbl_feedback_id;
  if (may_be_token) tie.token = token_in(clue.value, codec);
  if (tie.token) {
    tie.message = tie.token->id;
    return tie;
  }
  // RFC 9477 §3.5: a complaint of CFBL must itself be authentic.
  if (!is_authentic || clue.kind == ClueKind::return_path) return std::nullopt;
  if (clue.kind == ClueKind::campaign) {
    tie.campaign = clue.value;
    return tie;
  }
  const auto id = id_in(clue.value);
  if (!id) return std::nullopt;
  tie.message = *id;
  return tie;
}

bool is_unsubscription(const Feedback& feedback) {
  return feedback.form == FeedbackForm::apple_unsubscribe ||
         feedback.feedback_type.starts_with("opt-out");
}

std::vector<MailAddress> named_in(const Feedback& feedback) {
  std::vector<MailAddress> named;
  for (const std::string& text : feedback.recipients()) {
    auto address = MailAddress::parse(text);
    if (address) named.push_back(std::move(*address));
  }
  return named;
}

// Never by what the report says alone: of a message that is known, or by the proof of a token.
std::optional<MailAddress> complainer(const Feedback& feedback, const ComplaintTie& tie,
                                      const SentMessage& sent, const ReturnPathCodec* codec) {
  const std::vector<MailAddress> recipients = sent.recipients();
  const std::vector<MailAddress> named = named_in(feedback);
  if (tie.token && tie.token->names_recipient() && codec != nullptr) {
    std::vector<MailAddress> candidates = recipients;
    candidates.insert(candidates.end(), named.begin(), named.end());
    return named_by(*tie.token, *codec, candidates);
  }
  if (recipients.size() == 1) return recipients.front();
  const auto found = std::find_if(named.begin(), named.end(),
                                  [&](const MailAddress& one) { return sent.has_recipient(one); });
  if (found == named.end()) return std::nullopt;
  return *found;
}

}  // namespace

std::optional<ComplaintTie> tie_complaint(const std::vector<ComplaintClue>& clues,
                                          const ReturnPathCodec* codec, bool is_authentic) {
  for (const ComplaintClue& clue : clues) {
    auto found = tie_by(clue, codec, is_authentic);
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<Event> complaint_event(const Feedback& feedback,
                                     const std::optional<ComplaintTie>& tie,
                                     const SentMessage& sent, const ReturnPathCodec* codec,
                                     WallTime now) {
  // RFC 6591: what failed authentication may be anybody's; the recipient has said nothing of it.
  if (feedback.feedback_type == "not-spam" || feedback.is_authentication_failure()) {
    return std::nullopt;
  }
  const auto recipient =
      tie ? complainer(feedback, *tie, sent, codec) : std::optional<MailAddress>();
  const EventType type =
      is_unsubscription(feedback) ? EventType::unsubscribe : EventType::complaint;
  Event event = sent.event_about(recipient, type, now);
  set_meta(event, "feedback_type", feedback.feedback_type);
  set_meta(event, "reporter", feedback.reporter);
  set_meta(event, "reporting_mta", feedback.reporting_mta);
  set_meta(event, "feedback_id", feedback.original.feedback_id);
  if (event.source_address.empty()) event.source_address = feedback.source_ip;
  if (!tie) return event;
  set_meta(event, "tied_by", std::string(to_string(tie->by)));
  // Gmail's Feedback-ID is "campaign:…:sender".
  if (tie->by == ClueKind::campaign)
    event.campaign = tie->campaign.substr(0, tie->campaign.find(':'));
  return event;
}

void set_meta(Event& event, const char* name, const std::string& value) {
  constexpr std::size_t kMaxMeta = 2048;
  if (!value.empty()) event.meta[name] = value.substr(0, kMaxMeta);
}

void add_arrival(const InboundMail& mail, Event& event) {
  event.listener = mail.message.arrival.listener;
  event.peer_address = mail.message.arrival.peer_address;
  set_meta(event, "authentication_results", mail.check.results);
}

}  // namespace posthaste
