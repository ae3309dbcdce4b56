#include "accept/trace_header.h"

#include <fmt/format.h>

#include <iterator>

#include "mail/message.h"

namespace posthaste {
namespace {

// What a client says of its name stands in a header that other programs parse, so only what names
// and address literals are made of gets there.
void append_name(std::string_view name, std::string& out) {
  for (char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':' ||
                          c == '[' || c == ']';
    out += is_plain ? c : '?';
  }
}

}  // namespace

std::string transmission_type(const SessionFacts& facts, const Envelope& envelope) {
  if (!facts.is_esmtp) return "SMTP";
  std::string type = envelope.smtputf8 ? "UTF8SMTP" : "ESMTP";
  if (!facts.tls_version.empty()) type += 'S';
  if (!facts.user.empty()) type += 'A';
  return type;
}

// Received: from EHLO-NAME ([ADDRESS]) by HOST with ESMTPSA id ID (TLS) for <RECIPIENT>; DATE
void append_received(const TraceHeader& trace, std::string& out) {
  out += "Received: from ";
  append_name(trace.facts.helo, out);
  const bool is_v6 = trace.facts.peer_address.find(':') != std::string::npos;
  auto to = std::back_inserter(out);
  fmt::format_to(to, " ([{}{}])\r\n\tby {} with {} id {}", is_v6 ? "IPv6:" : "",
                 trace.facts.peer_address, trace.hostname,
                 transmission_type(trace.facts, trace.envelope), trace.id.to_string());
  if (!trace.facts.tls_version.empty()) {
    fmt::format_to(to, "\r\n\t({} {})", trace.facts.tls_version, trace.facts.tls_cipher);
  }
  // RFC 5321 §7.2: "for" would tell one recipient of the others.
  if (trace.envelope.recipients.size() == 1) {
    fmt::format_to(to, "\r\n\tfor <{}>", trace.envelope.recipients.front().address.smtp_form());
  }
  fmt::format_to(to, ";\r\n\t{}\r\n", format_date(trace.time));
}

}  // namespace posthaste
