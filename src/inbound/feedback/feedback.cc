#include "inbound/feedback/feedback.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "mail/mail_date.h"
#include "mail/message.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxFieldsOctets = 256U << 10U;
constexpr std::size_t kMaxOriginalOctets = 256U << 10U;
constexpr std::size_t kMaxSubject = 256;

// "<a@b>" and "a@b" alike.
std::string without_brackets(std::string_view text) {
  std::string bare(trim_white(text));
  if (bare.starts_with('<')) bare.erase(0, 1);
  if (bare.ends_with('>')) bare.pop_back();
  return bare;
}

std::string first_address(const std::string& field) {
  const auto addresses = addresses_of(field);
  return addresses.empty() ? std::string() : addresses.front();
}

FeedbackOriginal read_original(std::string_view message) {
  const MimeHeader header = MimeHeader::read(message);
  FeedbackOriginal original;
  original.message_id = without_brackets(header.field("Message-ID"));
  original.header_from = first_address(header.field("From"));
  original.to = addresses_of(header.field("To"));
  original.subject = header.field("Subject").substr(0, kMaxSubject);
  original.return_path = without_brackets(header.field("Return-Path"));
  original.own_id = std::string(trim_white(header.field("X-Posthaste-ID")));
  original.cfbl_feedback_id = std::string(trim_white(header.field("CFBL-Feedback-ID")));
  original.feedback_id = std::string(trim_white(header.field("Feedback-ID")));
  original.campaign_type = std::string(trim_white(header.field("X-Mailru-Msgtype")));
  return original;
}

bool is_one_of(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

// The message that the report returns, whole or its header alone. RFC 5965 §2: behind the
// feedback-report part; the root is no candidate, it is the report.
const MimePart* find_original(const MimeMessage& mail, std::size_t from) {
  for (std::size_t i = std::max<std::size_t>(from, 1); i < mail.parts().size(); ++i) {
    if (is_one_of(mail.parts()[i].type,
                  {"message/rfc822", "text/rfc822-headers", "text/rfc822-header",
                   "message/rfc822-headers", "message/global", "message/global-headers"})) {
      return &mail.parts()[i];
    }
  }
  return nullptr;
}

// RFC 5965 §2 says message/feedback-report; some label it as text.
std::size_t find_fields(const MimeMessage& mail) {
  const auto& parts = mail.parts();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].type == "message/feedback-report") return i;
  }
  const bool is_report =
      equals_ignoring_case(mail.root().content_type.parameter("report-type"), "feedback-report");
  for (std::size_t i = 0; is_report && i < parts.size(); ++i) {
    if (!parts[i].is_leaf) continue;
    const std::string text = parts[i].decoded(kMaxFieldsOctets);
    if (!MimeHeader::read(text.substr(std::min(text.find_first_not_of("\r\n"), text.size())))
             .field("Feedback-Type")
             .empty()) {
      return i;
    }
  }
  return MimePart::kNone;
}

std::optional<Feedback> read_arf(const MimeMessage& mail) {
  const std::size_t fields = find_fields(mail);
  if (fields == MimePart::kNone) return std::nullopt;
  Feedback feedback;
  read_feedback_fields(mail.parts()[fields].decoded(kMaxFieldsOctets), feedback);
  const MimePart* original = find_original(mail, fields + 1);
  if (original == nullptr) original = find_original(mail, 1);
  if (original != nullptr) feedback.original = read_original(original->decoded(kMaxOriginalOctets));
  return feedback;
}

// The last word that is an address: "complaint about message from 192.0.2.1".
std::string address_in(std::string_view subject) {
  const std::size_t space = subject.find_last_of(' ');
  const std::string_view word = subject.substr(space == std::string_view::npos ? 0 : space + 1);
  const bool is_address =
      word.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos &&
      word.find_first_of(".:") != std::string_view::npos;
  return is_address ? std::string(word) : std::string();
}

std::optional<Feedback> read_microsoft(const MimeMessage& mail) {
  const MimePart* part = find_original(mail, 1);
  const std::string original =
      part != nullptr ? part->decoded(kMaxOriginalOctets) : std::string(mail.root().header);
  const std::string recipient = MimeHeader::read(original).field("X-HmXmrOriginalRecipient");
  if (recipient.empty()) return std::nullopt;
  Feedback feedback;
  feedback.form = FeedbackForm::microsoft;
  feedback.feedback_type = "abuse";
  feedback.original_rcpt_to.emplace_back(trim_white(recipient));
  feedback.source_ip = address_in(mail.root().fields().field("Subject"));
  feedback.original = read_original(original);
  return feedback;
}

std::optional<Feedback> read_apple_unsubscribe(const MimeMessage& mail) {
  const MimeHeader header = mail.root().fields();
  if (!equals_ignoring_case(trim_white(header.field("X-Apple-Unsubscribe")), "true")) {
    return std::nullopt;
  }
  Feedback feedback;
  feedback.form = FeedbackForm::apple_unsubscribe;
  feedback.feedback_type = "opt-out";
  // The person writes for herself: whom it is from is who wants no more.
  feedback.removal_recipient.push_back(first_address(header.field("From")));
  return feedback;
}

// The value of a line "  Sender IP Address: 192.0.2.1"; "" when there is none.
std::string labelled_line(std::string_view text, std::string_view label) {
  const std::size_t found = text.find(label);
  if (found == std::string_view::npos) return {};
  const std::string_view rest = text.substr(found + label.size());
  return std::string(trim_white(rest.substr(0, rest.find('\n'))));
}

std::optional<Feedback> read_exim_failure(const MimeMessage& mail) {
  constexpr std::string_view kCopy = "This is a copy of the headers";
  for (const MimePart& part : mail.parts()) {
    if (!part.is_leaf || part.type != "text/plain") continue;
    const std::string text = part.text(kMaxOriginalOctets);
    const std::size_t copy = text.find(kCopy);
    const std::string_view said = std::string_view(text).substr(0, copy);
    const std::string domain = labelled_line(said, "Sender Domain:");
    const std::string address = labelled_line(said, "Sender IP Address:");
    if (domain.empty() || address.empty() || said.find("DMARC") == std::string_view::npos) continue;
    Feedback feedback;
    feedback.form = FeedbackForm::exim_failure;
    feedback.feedback_type = "auth-failure";
    feedback.auth_failure = "dmarc";
    feedback.source_ip = address;
    feedback.reported_domain.push_back(domain);
    feedback.arrival_date = parse_mail_date(labelled_line(said, "Received date:"));
    if (copy == std::string::npos) return feedback;
    const std::size_t line_end = text.find('\n', copy);
    const std::size_t header = text.find_first_not_of("\r\n", line_end);
    if (header == std::string::npos) return feedback;
    feedback.original = read_original(std::string_view(text).substr(header));
    feedback.original_mail_from = feedback.original.return_path;
    return feedback;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(FeedbackForm form) {
  switch (form) {
    case FeedbackForm::arf:
      return "arf";
    case FeedbackForm::microsoft:
      return "microsoft";
    case FeedbackForm::apple_unsubscribe:
      return "apple_unsubscribe";
    case FeedbackForm::exim_failure:
      return "exim_failure";
    case FeedbackForm::notification:
      return "notification";
  }
  return "arf";
}

std::vector<std::string> Feedback::recipients() const {
  const auto& named = !original_rcpt_to.empty() ? original_rcpt_to : removal_recipient;
  std::vector<std::string> addresses;
  for (const std::string& name : named) addresses.push_back(without_brackets(name));
  return addresses.empty() ? original.to : addresses;
}

std::optional<Feedback> read_feedback(const MimeMessage& mail) {
  static constexpr std::array kReaders = {&read_arf, &read_microsoft, &read_exim_failure,
                                          &read_apple_unsubscribe};
  for (const auto& read : kReaders) {
    auto feedback = read(mail);
    if (!feedback) continue;
    const MimeHeader header = mail.root().fields();
    feedback->reporter = first_address(header.field("From"));
    feedback->message_id = without_brackets(header.field("Message-ID"));
    return feedback;
  }
  return std::nullopt;
}

}  // namespace posthaste
