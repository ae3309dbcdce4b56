// An event as one line of JSON. Written by hand, for every message passes here several times and
// nothing is ever read back.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/event.h"

namespace posthaste {
namespace {

// The length of the valid UTF-8 sequence at the start of `text`; 0 when there is none (RFC 3629
// §3).
std::size_t utf8_length(std::string_view text) {
  const auto octet = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto is_tail = [&](std::size_t i) { return (octet(i) & 0xc0U) == 0x80; };
  const unsigned lead = octet(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return is_tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool is_overlong = lead == 0xe0 && octet(1) < 0xa0;
    const bool is_surrogate = lead == 0xed && octet(1) >= 0xa0;
    return is_tail(1) && is_tail(2) && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool is_overlong = lead == 0xf0 && octet(1) < 0x90;
    const bool is_too_large = lead == 0xf4 && octet(1) >= 0x90;
    return is_tail(1) && is_tail(2) && is_tail(3) && !is_overlong && !is_too_large ? 4 : 0;
  }
  return 0;
}

class JsonLine {
 public:
  JsonLine() {
    line_.reserve(768);
    line_.push_back('{');
  }

  void text(std::string_view key, std::string_view value) {
    name(key);
    quote(value);
  }
  void text_if(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  template <class Number>
  void number(std::string_view key, Number value) {
    name(key);
    fmt::format_to(std::back_inserter(line_), "{}", value);
  }
  void list_if(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    name(key);
    char open = '[';
    for (const std::string& value : values) {
      line_.push_back(std::exchange(open, ','));
      quote(value);
    }
    line_.push_back(']');
  }
  void map_if(std::string_view key, const std::map<std::string, std::string>& values) {
    if (values.empty()) return;
    name(key);
    char open = '{';
    for (const auto& [field, value] : values) {
      line_.push_back(std::exchange(open, ','));
      quote(field);
      line_.push_back(':');
      quote(value);
    }
    line_.push_back('}');
  }

  std::string finish() {
    line_.push_back('}');
    return std::move(line_);
  }

 private:
  void name(std::string_view key) {
    if (line_.size() > 1) line_.push_back(',');
    line_.push_back('"');
    line_.append(key);
    line_.append("\":");
  }

  void quote(std::string_view value) {
    line_.push_back('"');
    while (!value.empty()) {
      std::size_t plain = 0;
      while (plain < value.size() && is_plain(value[plain])) ++plain;
      line_.append(value.substr(0, plain));
      value.remove_prefix(plain);
      if (value.empty()) break;
      value.remove_prefix(escape(value));
    }
    line_.push_back('"');
  }

  static bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

  // Writes the first character of `value`, which is not plain; returns its length.
  std::size_t escape(std::string_view value) {
    const char c = value.front();
    if (c == '"' || c == '\\') {
      line_.push_back('\\');
      line_.push_back(c);
      return 1;
    }
    if (c == '\n' || c == '\r' || c == '\t') {
      line_.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
      return 1;
    }
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      fmt::format_to(std::back_inserter(line_), "\\u{:04x}", octet);
      return 1;
    }
    const std::size_t length = utf8_length(value);
    // RFC 8259 §8.1: JSON is UTF-8. What is not becomes the replacement character.
    line_.append(length == 0 ? "\\ufffd" : value.substr(0, length));
    return std::max<std::size_t>(length, 1);
  }

  std::string line_;
};

}  // namespace

std::string Event::to_json() const {
  JsonLine json;
  json.text_if("event_id", event_id);
  json.text("time", to_rfc3339(time));
  json.text("type", to_string(type));
  json.text_if("message_id", message_id);
  json.text_if("tenant", tenant);
  json.text_if("campaign", campaign);
  json.text_if("stream", stream);
  json.text("sender", sender);
  json.text_if("recipient", recipient);
  json.text_if("recipient_domain", recipient_domain);
  json.list_if("recipients", recipients);
  json.text_if("header_from", header_from);
  json.text_if("subject", subject);
  if (size > 0) json.number("size", size);
  json.text_if("listener", listener);
  json.text_if("source", source);
  json.text_if("source_address", source_address);
  json.text_if("pool", pool);
  json.text_if("queue", queue);
  json.text_if("site", site);
  json.text_if("provider", provider);
  json.text_if("peer_host", peer_host);
  json.text_if("peer_address", peer_address);
  json.text_if("tls_version", tls_version);
  json.text_if("tls_cipher", tls_cipher);
  json.text_if("tls_verified", tls_verified);
  json.text_if("tls_subject", tls_subject);
  json.text_if("tls_fingerprint", tls_fingerprint);
  if (smtp_code > 0) json.number("smtp_code", smtp_code);
  json.text_if("enhanced_status", enhanced_status);
  json.text_if("response", response);
  if (classification != Classification::none) {
    json.text("classification", posthaste::to_string(classification));
    if (hard) json.number("hard", *hard);
  }
  if (attempt > 0) json.number("attempt", attempt);
  if (queued_seconds >= 0 && std::isfinite(queued_seconds)) {
    json.number("queued_seconds", std::round(queued_seconds * 1e6) / 1e6);
  }
  json.text_if("session_id", session_id);
  json.list_if("dkim_domains", dkim_domains);
  json.map_if("meta", meta);
  return json.finish();
}

}  // namespace posthaste
