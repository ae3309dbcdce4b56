// The fields of the feedback-report part.
#include <algorithm>
#include <charconv>
#include <cstddef>

#include "base/ascii.h"
#include "inbound/feedback/feedback.h"
#include "mail/mail_date.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxFields = 1000;

// As it stands, but for CR and the white space around it.
std::string trimmed(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c != '\r') text += c;
  }
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") + 1 - begin);
}

// "1", "1.0": what follows the digits is dropped.
int number_of(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::max(number, 0);
}

// "dns; mail.example.com"
std::string behind_type(const std::string& value) {
  return trimmed(std::string_view(value).substr(value.find(';') + 1));
}

// "192.0.2.1 (mail.example.net)", "[IPv6:2001:db8::1]"
std::string address_alone(const std::string& value) {
  std::string address = value.substr(0, value.find_first_of(" \t\n("));
  std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
  if (lowered(address).starts_with("ipv6:")) address.erase(0, 5);
  return address;
}

std::string auth_failure_of(const std::string& value) {
  const std::string name = lowered(value);
  return name == "bodyhash" ? "body-hash" : name;
}

struct TextField {
  std::string_view name;
  std::string Feedback::*member;
};
constexpr TextField kTexts[] = {
    {"user-agent", &Feedback::user_agent},
    {"original-envelope-id", &Feedback::original_envelope_id},
    {"original-mail-from", &Feedback::original_mail_from},
    {"delivery-result", &Feedback::delivery_result},
    {"identity-alignment", &Feedback::identity_alignment},
    {"dkim-domain", &Feedback::dkim_domain},
    {"dkim-identity", &Feedback::dkim_identity},
    {"dkim-selector", &Feedback::dkim_selector},
    {"dkim-canonicalized-header", &Feedback::dkim_canonicalized_header},
    {"dkim-canonicalized-body", &Feedback::dkim_canonicalized_body},
    {"spf-dns", &Feedback::spf_dns},
};
struct ListField {
  std::string_view name;
  std::vector<std::string> Feedback::*member;
};
constexpr ListField kLists[] = {
    {"original-rcpt-to", &Feedback::original_rcpt_to},
    {"removal-recipient", &Feedback::removal_recipient},
    {"authentication-results", &Feedback::authentication_results},
    {"reported-domain", &Feedback::reported_domain},
    {"reported-uri", &Feedback::reported_uri},
};

// True when the field is one whose value has a form of its own.
bool read_typed(const std::string& name, const std::string& value, Feedback& into) {
  if (name == "feedback-type") {
    into.feedback_type = lowered(value);
  } else if (name == "version") {
    into.version = number_of(value);
  } else if (name == "incidents") {
    into.incidents = std::max(number_of(value), 1);
  } else if (name == "source-port") {
    into.source_port = number_of(value);
  } else if (name == "source-ip") {
    into.source_ip = address_alone(value);
  } else if (name == "reporting-mta") {
    into.reporting_mta = behind_type(value);
  } else if (name == "auth-failure") {
    into.auth_failure = auth_failure_of(value);
  } else if (name == "arrival-date" || name == "received-date") {
    // RFC 5965 §3.2: Received-Date is the older name.
    if (auto date = parse_mail_date(value)) into.arrival_date = date;
  } else {
    return false;
  }
  return true;
}

void read_field(const HeaderField& field, Feedback& into) {
  const std::string name = lowered(field.name);
  const std::string value = trimmed(field.value);
  if (read_typed(name, value, into)) return;
  for (const TextField& text : kTexts) {
    if (text.name != name) continue;
    into.*(text.member) = value;
    return;
  }
  for (const ListField& list : kLists) {
    if (list.name != name) continue;
    (into.*(list.member)).push_back(value);
    return;
  }
  into.other_fields.emplace_back(field.name, value);
}

// Some writers put blank lines before or between the fields.
std::string without_blank_lines(std::string_view content) {
  std::string text;
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size() - 1) + 1;
    const std::string_view line = content.substr(0, end);
    if (line.find_first_not_of(" \t\r\n") != std::string_view::npos) text += line;
    content.remove_prefix(end);
  }
  return text;
}

}  // namespace

void read_feedback_fields(std::string_view content, Feedback& into) {
  const std::string text = without_blank_lines(content);
  for (const HeaderField& field : MimeHeader::read(text, kMaxFields).fields) {
    read_field(field, into);
  }
  if (into.feedback_type.empty()) into.feedback_type = "abuse";
}

}  // namespace posthaste
