#include "inbound/return_path_handler.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/ascii.h"
#include "inbound/bounce_attribution.h"
#include "inbound/complaint_tie.h"
#include "mail/mime.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr const char* kForgedPath =
    "this return path is not one of ours: it is forged, or its key is gone";

// All return paths begin so; what does may be no other address.
bool looks_like_return_path(const MailAddress& address) {
  const std::string& local = address.local().unquoted();
  return local.starts_with("b-") || local.starts_with("B-");
}

Event event_of(const AttributedBounce& bounce, const ReturnedMail& returned,
               const SentMessage& sent, WallTime now) {
  const ReturnedRecipient& report = bounce.report;
  Event event = sent.event_about(bounce.recipient, EventType::oob_bounce, now);
  event.smtp_code = report.smtp_code;
  event.enhanced_status = report.enhanced_status;
  event.response = report.diagnostic;
  event.peer_host = report.remote_mta.empty() ? returned.reporting_mta : report.remote_mta;
  event.classification = bounce.fits ? report.classification : Classification::other;
  event.hard = bounce.fits && report.hard;
  set_meta(event, "reporting_mta", returned.reporting_mta);
  if (report.recipient != event.recipient) {
    set_meta(event, "reported_recipient", report.recipient);
  }
  if (!bounce.fits) event.meta["unfitting"] = "the report does not fit its return path";
  return event;
}

// A complaint in JSON (Amazon SES), which the bounce reader alone knows.
Feedback notified(const ReturnedMail& returned) {
  Feedback feedback;
  feedback.form = FeedbackForm::notification;
  feedback.reporting_mta = returned.reporting_mta;
  feedback.original.message_id = returned.original_message_id;
  for (const ReturnedRecipient& one : returned.recipients) {
    feedback.feedback_type = lowered(one.feedback_type);
    feedback.original_rcpt_to.push_back(one.recipient);
  }
  if (feedback.feedback_type.empty()) feedback.feedback_type = "abuse";
  return feedback;
}

bool tells_of_a_bounce(const ReturnedMail& returned) {
  return std::any_of(returned.recipients.begin(), returned.recipients.end(),
                     [](const ReturnedRecipient& one) { return one.kind == ReturnKind::bounce; });
}

}  // namespace

ReturnPathHandler::ReturnPathHandler(Parts parts)
    : parts_(std::move(parts)), reader_(ReplyClassifier::shipped()), room_(parts_.limits) {}

void ReturnPathHandler::set_paths(std::shared_ptr<const ReturnPaths> paths) {
  paths_.with([&](auto& held) { held.swap(paths); });
}

std::shared_ptr<const ReturnPaths> ReturnPathHandler::held_paths() const {
  return paths_.with([](const auto& held) { return held; });
}

AddressClaim ReturnPathHandler::claim(const MailAddress& address) const {
  const auto held = held_paths();
  if (!held || !held->is_ours(address.domain()) || !looks_like_return_path(address)) return {};
  if (held->codec().read(address.local())) return {AddressClaim::Answer::mine, ""};
  return {AddressClaim::Answer::forged, kForgedPath};
}

asio::awaitable<HandlingOutcome> ReturnPathHandler::take(SharedInboundMail mail,
                                                         MailAddress recipient) {
  const auto held = held_paths();
  const auto token =
      held ? held->codec().read(recipient.local()) : std::optional<ReturnPathToken>();
  if (!token) co_return HandlingOutcome{Taking::refused, "unknown", kForgedPath};
  const auto place = room_.enter(mail->message.body->size());
  if (!place) {
    co_return HandlingOutcome{Taking::busy, "unknown",
                              "too much returned mail at once: come again later"};
  }
  std::function<Understanding()> work = [this, mail, held, recipient, token = *token] {
    return read(*mail, *held, recipient, token);
  };
  Understanding reading = co_await pool_.run<Understanding>(std::move(work));
  HandlingOutcome outcome = co_await act(mail, std::move(reading), held);
  co_return outcome;
}

ReturnPathHandler::Understanding ReturnPathHandler::read(const InboundMail& mail,
                                                         const ReturnPaths& paths,
                                                         const MailAddress& address,
                                                         const ReturnPathToken& token) const {
  Understanding reading;
  const std::string& octets = *mail.message.body;
  const ReturnedMail returned = reader_.read(octets);
  reading.kind = to_string(returned.kind);
  if (returned.kind == ReturnKind::complaint) {
    Feedback feedback = read_feedback(MimeMessage(octets)).value_or(notified(returned));
    auto clues = clues_of(feedback);
    // The address it came to proves more than all that is in it.
    clues.insert(clues.begin(), {ClueKind::return_path, address.smtp_form()});
    reading.complaint = ReceivedComplaint{std::move(feedback), std::move(clues)};
  } else if (tells_of_a_bounce(returned)) {
    reading.kind = to_string(ReturnKind::bounce);
    tell_bounces(mail, returned, paths, token, reading);
  } else if (returned.kind == ReturnKind::other) {
    reading.is_nothing_we_read = true;
    if (mail.message.envelope.sender.is_null()) {
      parts_.log.warning("returned mail that is not understood changes nothing",
                         {{"message", token.id.to_string()},
                          {"to", address.smtp_form()},
                          {"from", mail.message.arrival.peer_address}});
    }
  } else {
    const auto first = returned.recipients.begin();
    parts_.log.info("returned mail that changes nothing",
                    {{"kind", reading.kind},
                     {"message", token.id.to_string()},
                     {"recipient", first == returned.recipients.end() ? "" : first->recipient}});
  }
  return reading;
}

void ReturnPathHandler::tell_bounces(const InboundMail& mail, const ReturnedMail& returned,
                                     const ReturnPaths& paths, const ReturnPathToken& token,
                                     Understanding& reading) const {
  auto sent = SentMessage::load(parts_.spool, token.id);
  if (!sent) {
    reading.failure = sent.error();
    return;
  }
  const WallTime now = parts_.clock.wall();
  for (const AttributedBounce& bounce : attribute(returned, token, paths.codec(), *sent)) {
    Event event = event_of(bounce, returned, *sent, now);
    add_arrival(mail, event);
    reading.events.push_back(std::move(event));
  }
}

asio::awaitable<HandlingOutcome> ReturnPathHandler::act(SharedInboundMail mail,
                                                        Understanding reading,
                                                        std::shared_ptr<const ReturnPaths> paths) {
  if (reading.complaint) {
    ReceivedComplaint complaint = std::move(*reading.complaint);
    HandlingOutcome outcome =
        co_await parts_.complaints.take(mail, std::move(complaint), std::move(paths));
    co_return outcome;
  }
  if (reading.is_nothing_we_read && !mail->message.envelope.sender.is_null()) {
    // Somebody has answered by hand, and would wait for ever.
    co_return HandlingOutcome{Taking::refused, reading.kind,
                              "this address takes reports about mail only: write to the address "
                              "in From"};
  }
  const Taking taking = reading.events.empty() ? Taking::ignored : Taking::acted;
  if (!reading.events.empty()) {
    std::vector<Event> events = std::move(reading.events);
    const Result<void> noted = co_await parts_.suppressor.note(std::move(events));
    if (!noted) reading.failure = noted.error();
  }
  if (reading.failure) {
    parts_.log.error("a bounce cannot be kept", {{"why", reading.failure->message()}});
    co_return HandlingOutcome{Taking::busy, reading.kind,
                              "the bounce cannot be kept at the moment: come again later"};
  }
  co_return HandlingOutcome{taking, reading.kind, ""};
}

}  // namespace posthaste
