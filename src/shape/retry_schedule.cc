#include "shape/retry_schedule.h"

#include <algorithm>
#include <cmath>

namespace posthaste {

Duration retry_interval(const RetryConfig& config, std::uint32_t attempts, std::uint64_t random) {
  const double steps = attempts > 1 ? static_cast<double>(attempts - 1) : 0.0;
  const double first = static_cast<double>(config.first.count());
  const double ceiling = static_cast<double>(std::max(config.ceiling, config.first).count());
  // pow may overflow to infinity: min brings it back.
  const double interval = std::min(first * std::pow(std::max(config.growth, 1.0), steps), ceiling);
  // From -1 to 1.
  const double spread = static_cast<double>(random >> 11) / static_cast<double>(1ULL << 52) - 1.0;
  return Duration(static_cast<Duration::rep>(interval * (1.0 + config.jitter * spread)));
}

}  // namespace posthaste
