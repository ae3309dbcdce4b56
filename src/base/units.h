#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthaste {

using Duration = std::chrono::nanoseconds;

// "30s" "5m" "2h" "4d" "250ms"; a whole number and a unit. Range: 0 to 100 years.
Result<Duration> parse_duration(std::string_view text);
// The shortest exact form that parse_duration reads back.
std::string to_string(Duration duration);

// A count of octets. Text: "50MB" (10^6), "50MiB" (2^20), "4096".
class Bytes {
 public:
  constexpr Bytes() = default;
  constexpr explicit Bytes(std::uint64_t count) : count_(count) {}

  static Result<Bytes> parse(std::string_view text);
  std::string to_string() const;

  constexpr std::uint64_t count() const { return count_; }
  auto operator<=>(const Bytes&) const = default;

 private:
  std::uint64_t count_ = 0;
};

// So many a time: "10000/hour", "100/s", "500/day" ("/min", "/h", "/d", "/second" too).
// A Rate of no count at all means unlimited, and prints as "unlimited".
class Rate {
 public:
  constexpr Rate() = default;
  constexpr Rate(std::uint64_t count, Duration period) : count_(count), period_(period) {}

  static Result<Rate> parse(std::string_view text);
  std::string to_string() const;

  constexpr bool is_unlimited() const { return count_ == 0; }
  constexpr std::uint64_t count() const { return count_; }
  constexpr Duration period() const { return period_; }
  // Requires: !is_unlimited(). The time between two evenly paced grants.
  constexpr Duration interval() const { return period_ / static_cast<std::int64_t>(count_); }
  auto operator<=>(const Rate&) const = default;

 private:
  std::uint64_t count_ = 0;
  Duration period_{0};
};

}  // namespace posthaste
