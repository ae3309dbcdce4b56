#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "route/warmup_config.h"

namespace posthaste {

// How much an address may send on each day of its warm-up, if all goes well. Immutable.
//
// Smooth: on day k (1 to 7) of week w the cap is V[w-1] * (V[w] / V[w-1])^(k/7), V being the caps
// of the weeks, and never more than 1.6 times that of the day before; in the first week it is V[0].
class WarmupSchedule {
 public:
  explicit WarmupSchedule(const WarmupConfig& config);

  // Messages on day `day`, counted from 0; nullopt: the warm-up is over and there is no cap.
  std::optional<std::uint64_t> on_day(std::int64_t day) const;
  // Of one hour, where the table counts hours; nullopt: spread over the day.
  std::optional<std::uint64_t> in_hour_of_day(std::int64_t day) const;
  // Whether the table ends before this day.
  bool is_past(std::int64_t day) const { return day >= days(); }
  std::int64_t days() const { return static_cast<std::int64_t>(caps_.size()); }

 private:
  std::vector<std::uint64_t> caps_;  // by day
  std::optional<std::uint64_t> full_;
  bool is_hourly_ = false;
};

}  // namespace posthaste
