#include "mail/dsn.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "mail/message.h"

namespace posthaste {
namespace {

constexpr std::size_t kFoldAt = 76;

// On lines of at most 76 octets where there are spaces to fold at; no control characters.
std::string folded(std::string_view text) {
  std::string clean;
  for (const char c : text) clean.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  std::string lines;
  std::size_t length = 24;  // room for the field's name
  std::string_view rest = clean;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' ', 1), rest.size());
    if (length + end > kFoldAt && !lines.empty()) {
      lines += "\r\n";
      length = 0;
      if (rest.front() != ' ') lines += ' ';
    }
    lines += rest.substr(0, end);
    length += end;
    rest.remove_prefix(end);
  }
  return lines;
}

std::string ascii_only(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return text;
}

// The code point that `text` begins with, taken off it; nothing for what is no UTF-8.
std::optional<std::uint32_t> take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (lead < 0x80) return lead;
  const std::size_t following = lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 0;
  if (following == 0 || text.size() < following) return std::nullopt;
  std::uint32_t point = lead & (0x3fU >> following);
  for (std::size_t i = 0; i < following; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if (next >> 6 != 2) return std::nullopt;
    point = point << 6 | (next & 0x3fU);
  }
  text.remove_prefix(following);
  return point;
}

// utf-8-addr-xtext = 1*( QCHAR / EmbeddedUnicodeChar )            (RFC 6533 §3)
// An address in ASCII: "gr\x{FC}n@example.com".
std::string ascii_address(std::string_view address) {
  std::string ascii;
  while (!address.empty()) {
    const char c = address.front();
    const auto point = take_code_point(address);
    if (!point) {
      ascii.push_back('?');
    } else if (*point < 0x80) {
      ascii.push_back(c);
    } else {
      ascii += fmt::format("\\x{{{:X}}}", *point);
    }
  }
  return ascii;
}

// As the notification may hold it.
std::string shown_address(const Dsn& dsn, const std::string& address) {
  return dsn.uses_8bitmime ? address : ascii_address(address);
}

bool is_international(const Dsn& dsn) {
  return std::any_of(dsn.recipients.begin(), dsn.recipients.end(), [](const DsnRecipient& one) {
    return one.final_recipient.needs_smtputf8() || has_eight_bit(one.original_recipient);
  });
}

std::string subject_of(const Dsn& dsn) {
  switch (dsn.recipients.front().action) {
    case DsnAction::failed:
      return "Undelivered mail returned to sender";
    case DsnAction::delayed:
      return "Mail delivery is delayed";
    default:
      return "Mail delivery report";
  }
}

std::string text_for_people(const Dsn& dsn) {
  std::string text = fmt::format("This is the mail system at {}.\r\n\r\n", dsn.reporting_mta);
  switch (dsn.recipients.front().action) {
    case DsnAction::failed:
      text +=
          "Your message could not be delivered to the recipients below. Nobody tries again.\r\n";
      break;
    case DsnAction::delayed:
      text +=
          "Your message has not been delivered to the recipients below yet. It is being tried\r\n"
          "further; you need not send it again.\r\n";
      break;
    default:
      text +=
          "Your message was handed to the mail systems of the recipients below, which may not\r\n"
          "send reports themselves.\r\n";
      break;
  }
  for (const DsnRecipient& recipient : dsn.recipients) {
    const std::string& why =
        recipient.diagnostic_code.empty() ? recipient.explanation : recipient.diagnostic_code;
    const std::string by = recipient.remote_mta.empty() ? "" : recipient.remote_mta + " said: ";
    text +=
        fmt::format("\r\n<{}>\r\n    {}\r\n",
                    shown_address(dsn, recipient.final_recipient.smtp_form()), folded(by + why));
    if (recipient.will_retry_until) {
      text +=
          fmt::format("    It is tried until {}.\r\n", format_date(*recipient.will_retry_until));
    }
  }
  return text;
}

// RFC 3464 §2.2, §2.3; RFC 6533 §3 for the address type.
std::string delivery_status(const Dsn& dsn) {
  std::string report = fmt::format("Reporting-MTA: dns; {}\r\n", dsn.reporting_mta);
  if (!dsn.original_envelope_id.empty()) {
    report += "Original-Envelope-Id: " + folded(dsn.original_envelope_id) + "\r\n";
  }
  if (dsn.arrival) report += "Arrival-Date: " + format_date(*dsn.arrival) + "\r\n";
  for (const DsnRecipient& recipient : dsn.recipients) {
    report += "\r\n";
    if (!recipient.original_recipient.empty()) {
      std::string original = shown_address(dsn, recipient.original_recipient);
      const std::size_t semicolon = original.find(';');
      if (semicolon != std::string::npos) original.insert(semicolon + 1, " ");
      report += "Original-Recipient: " + folded(original) + "\r\n";
    }
    report += fmt::format("Final-Recipient: {}; {}\r\n",
                          recipient.final_recipient.needs_smtputf8() ? "utf-8" : "rfc822",
                          shown_address(dsn, recipient.final_recipient.smtp_form()));
    report +=
        fmt::format("Action: {}\r\nStatus: {}\r\n", to_string(recipient.action), recipient.status);
    if (!recipient.remote_mta.empty())
      report += "Remote-MTA: dns; " + recipient.remote_mta + "\r\n";
    if (!recipient.diagnostic_code.empty()) {
      report += "Diagnostic-Code: smtp; " + folded(ascii_only(recipient.diagnostic_code)) + "\r\n";
    }
    if (recipient.last_attempt) {
      report += "Last-Attempt-Date: " + format_date(*recipient.last_attempt) + "\r\n";
    }
    if (recipient.will_retry_until && recipient.action == DsnAction::delayed) {
      report += "Will-Retry-Until: " + format_date(*recipient.will_retry_until) + "\r\n";
    }
  }
  return report;
}

// RFC 6522 §3, RFC 6533 §6.
std::string_view returned_type(const Dsn& dsn, std::string_view header, bool returns_content) {
  // RFC 6533 §6: a header in UTF-8 is no RFC 5322 header.
  const bool is_global = dsn.uses_8bitmime && has_eight_bit(header);
  if (returns_content) return is_global ? "message/global" : "message/rfc822";
  return is_global ? "message/global-headers" : "text/rfc822-headers";
}

}  // namespace

std::string_view to_string(DsnAction action) {
  constexpr std::array<std::string_view, 5> kNames{"failed", "delayed", "delivered", "relayed",
                                                   "expanded"};
  return kNames[static_cast<std::size_t>(action)];
}

std::string write_dsn(const Dsn& dsn) {
  const MessageView original(dsn.original);
  const std::string_view header = original.header();
  const bool may_be_8bit = dsn.uses_8bitmime;
  const bool is_utf8 = may_be_8bit && is_international(dsn);
  // What is 8-bit and may not be sent so is left out rather than damaged.
  const bool returns_content = dsn.returns_content && (may_be_8bit || !has_eight_bit(dsn.original));
  const std::string_view returned = returns_content ? dsn.original : header;
  const bool returns_8bit = has_eight_bit(returned);
  const std::string shown_header =
      returns_content || may_be_8bit ? std::string(returned) : ascii_only(std::string(returned));

  // Not in any part: it holds the notification's own id, which nobody can have known before.
  const std::string boundary = "=_" + dsn.message_id.substr(0, dsn.message_id.find('@'));
  const char* const encoding = may_be_8bit && (is_utf8 || returns_8bit) ? "8bit" : "7bit";
  std::string message;
  message.reserve(returned.size() + 4096);
  message += fmt::format(
      "From: Mail Delivery System <MAILER-DAEMON@{}>\r\nTo: <{}>\r\nSubject: {}\r\n"
      "Date: {}\r\nMessage-ID: <{}>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"{}\"\r\n"
      "Content-Transfer-Encoding: {}\r\n\r\n",
      dsn.reporting_mta, dsn.to.smtp_form(), subject_of(dsn), format_date(dsn.date), dsn.message_id,
      boundary, encoding);
  const char* const charset = is_utf8 ? "utf-8" : "us-ascii";
  std::string text = text_for_people(dsn);
  message += fmt::format("--{}\r\nContent-Type: text/plain; charset={}\r\n", boundary, charset);
  message +=
      fmt::format("Content-Description: Notification\r\nContent-Transfer-Encoding: {}\r\n\r\n{}",
                  is_utf8 ? "8bit" : "7bit", is_utf8 ? text : ascii_only(std::move(text)));
  message += fmt::format(
      "\r\n--{}\r\nContent-Type: message/{}delivery-status\r\n"
      "Content-Description: Delivery report\r\nContent-Transfer-Encoding: {}\r\n\r\n{}",
      boundary, is_utf8 ? "global-" : "", is_utf8 ? "8bit" : "7bit", delivery_status(dsn));
  message += fmt::format(
      "\r\n--{}\r\nContent-Type: {}\r\nContent-Description: Undelivered message{}\r\n"
      "Content-Transfer-Encoding: {}\r\n\r\n{}",
      boundary, returned_type(dsn, header, returns_content), returns_content ? "" : " headers",
      may_be_8bit && returns_8bit ? "8bit" : "7bit", shown_header);
  if (!message.ends_with("\r\n")) message += "\r\n";
  message += fmt::format("\r\n--{}--\r\n", boundary);
  return message;
}

}  // namespace posthaste
