#include "route/soft_bounces.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono;

std::uint32_t seconds_of(WallTime time) {
  const auto count = floor<seconds>(time).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX));
}

WallTime time_of(std::uint32_t number) {
  return WallTime(duration_cast<WallTime::duration>(seconds(number)));
}

}  // namespace

void SoftBounces::add(WallTime time, const SoftBounceRule& rule) {
  // Readers of the outbox may meet events a little out of order.
  time = std::max(time, last);
  const auto forget = duration_cast<WallTime::duration>(rule.forget);
  if (events > 0 && rule.forget > Duration::zero() && time - last > forget) {
    events = 0;
    days = 0;
  }
  if (events == 0) first = time;
  if (events == 0 || floor<std::chrono::days>(time) != floor<std::chrono::days>(last)) ++days;
  ++events;
  last = time;
}

bool SoftBounces::is_enough(const SoftBounceRule& rule) const {
  return rule.events > 0 && events >= rule.events && days >= rule.days &&
         last - first >= duration_cast<WallTime::duration>(rule.span);
}

std::string SoftBounces::encode() const {
  std::string record;
  const std::array<std::uint32_t, 5> numbers{events, days, seconds_of(first), seconds_of(last),
                                             no_domain ? seconds_of(*no_domain) : 0};
  for (const std::uint32_t number : numbers) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      record.push_back(static_cast<char>(number >> shift & 0xff));
    }
  }
  return record;
}

SoftBounces SoftBounces::decode(std::string_view record) {
  std::array<std::uint32_t, 5> numbers{};
  if (record.size() != numbers.size() * 4) return {};
  for (std::size_t i = 0; i < record.size(); ++i) {
    numbers[i / 4] = numbers[i / 4] << 8 | static_cast<std::uint8_t>(record[i]);
  }
  SoftBounces soft{numbers[0], numbers[1], time_of(numbers[2]), time_of(numbers[3]), {}};
  if (numbers[4] != 0) soft.no_domain = time_of(numbers[4]);
  return soft;
}

}  // namespace posthaste
