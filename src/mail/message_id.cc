#include "mail/message_id.h"

#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/ascii.h"
#include "mail/mail_error.h"

namespace posthaste {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool is_hyphen_place(std::size_t place) {
  return place == 8 || place == 13 || place == 18 || place == 23;
}

}  // namespace

MessageId MessageId::generate(WallTime now) {
  MessageId id;
  RAND_bytes(id.octets_.data(), static_cast<int>(id.octets_.size()));
  auto millis = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
  // RFC 9562 §5.7: 48 bits of milliseconds, version 7, variant 10.
  for (std::size_t i = 6; i-- > 0; millis >>= 8) id.octets_[i] = static_cast<std::uint8_t>(millis);
  id.octets_[6] = static_cast<std::uint8_t>((id.octets_[6] & 0x0f) | 0x70);
  id.octets_[8] = static_cast<std::uint8_t>((id.octets_[8] & 0x3f) | 0x80);
  return id;
}

Result<MessageId> MessageId::parse(std::string_view text) {
  const Error malformed{
      MailErrc::bad_message_id,
      "\"" + std::string(text.substr(0, 64)) +
          "\" is no message id: it looks like 0190b6a3-5a4e-7c3f-9a31-0123456789ab"};
  if (text.size() != 36) return malformed;
  MessageId id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen_place(i)) {
      if (text[i] != '-') return malformed;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return malformed;
    auto& octet = id.octets_[nibble / 2];
    octet = static_cast<std::uint8_t>(octet << 4 | value);
    ++nibble;
  }
  return id;
}

MessageId MessageId::from_octets(std::string_view octets) {
  MessageId id;
  std::copy_n(octets.begin(), id.octets_.size(), id.octets_.begin());
  return id;
}

std::string MessageId::to_string() const {
  std::string text;
  text.reserve(36);
  for (const std::uint8_t octet : octets_) {
    if (is_hyphen_place(text.size())) text.push_back('-');
    text.push_back(kHex[octet >> 4]);
    text.push_back(kHex[octet & 0x0f]);
  }
  return text;
}

WallTime MessageId::time() const {
  std::uint64_t millis = 0;
  for (std::size_t i = 0; i < 6; ++i) millis = millis << 8 | octets_[i];
  return WallTime(std::chrono::milliseconds(millis));
}

}  // namespace posthaste
