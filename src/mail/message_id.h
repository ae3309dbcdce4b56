#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace posthaste {

// Names one accepted message, everywhere: 128 bits, time-ordered, so that new keys are appended
// to the store (UUID version 7, RFC 9562 §5.7).
class MessageId {
 public:
  using Octets = std::array<std::uint8_t, 16>;

  // Unique over the machine's life: 48 bits of milliseconds, then randomness. Any thread.
  static MessageId generate(WallTime now);
  // The usual text, "0190b6a3-…" (36 characters), any case.
  static Result<MessageId> parse(std::string_view text);
  // Requires: octets.size() == 16.
  static MessageId from_octets(std::string_view octets);

  MessageId() = default;

  const Octets& octets() const { return octets_; }
  std::string_view as_key() const {
    return {reinterpret_cast<const char*>(octets_.data()), octets_.size()};
  }
  std::string to_string() const;
  // The millisecond it was generated in.
  WallTime time() const;

  auto operator<=>(const MessageId&) const = default;

 private:
  Octets octets_{};
};

}  // namespace posthaste

template <>
struct std::hash<posthaste::MessageId> {
  std::size_t operator()(const posthaste::MessageId& id) const {
    std::size_t low = 0;  // the random half
    std::memcpy(&low, id.octets().data() + 8, sizeof low);
    return low;
  }
};
