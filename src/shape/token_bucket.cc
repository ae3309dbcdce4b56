#include "shape/token_bucket.h"

#include <algorithm>

namespace posthaste {

Duration TokenBucket::lateness() const {
  return std::clamp<Duration>(rate_.period() / 100, std::chrono::milliseconds(5),
                              std::chrono::milliseconds(250));
}

Duration TokenBucket::step() const {
  const auto count = static_cast<Duration::rep>(rate_.count());
  return Duration((rate_.period() + lateness()).count() / count + 1);
}

std::optional<Clock::time_point> TokenBucket::wait_until() const {
  if (rate_.is_unlimited() || !point_) return std::nullopt;
  const auto next = *point_ + step();
  return clock_.now() < next ? std::optional(next) : std::nullopt;
}

std::optional<Clock::time_point> TokenBucket::take_or_wait_until() {
  if (rate_.is_unlimited()) return std::nullopt;
  if (const auto wait = wait_until()) return wait;
  const auto now = clock_.now();
  const bool is_on_line = point_ && now - (*point_ + step()) <= lateness();
  point_ = is_on_line ? *point_ + step() : now;
  return std::nullopt;
}

}  // namespace posthaste
