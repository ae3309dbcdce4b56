#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace posthaste {

// So many in any 24 hours, as fast as they come.
//
// Why it is exact in every window: grants are counted in slots of a quarter of an hour, and a slot
// is forgotten only when its last moment is 24 hours ago. The price: what was granted comes back
// up to one slot late.
//
// What was promised counts as granted after a crash: the owner writes record() down before it
// grants beyond the last promise. Lives on its owner's executor; not thread-safe.
class DailyQuota {
 public:
  static constexpr auto kSlot = std::chrono::minutes(15);
  static constexpr std::int64_t kSlots = 24 * 4 + 1;  // that a window of 24 hours can touch

  // Slot numbers, counted from the epoch, with what was granted in each; in order.
  using Slots = std::vector<std::pair<std::int64_t, std::uint64_t>>;

  // Takes up the counts of an earlier run.
  void restore(const Slots& slots);
  // The counts, with `promised` further grants in the present slot.
  Slots record(WallTime now, std::uint64_t promised) const;

  // When the next grant will be there; nothing when it is there now.
  std::optional<WallTime> wait_until(WallTime now, std::uint64_t limit) const;
  void count(WallTime now);
  // Granted in the last 24 hours, and up to one slot before.
  std::uint64_t used(WallTime now) const;
  bool is_idle(WallTime now) const { return used(now) == 0; }
  // The slot in which a grant would be counted now.
  std::int64_t slot_of(WallTime now) const;

 private:
  std::deque<std::pair<std::int64_t, std::uint64_t>> slots_;  // in their order
  std::uint64_t sum_ = 0;                                     // of all of them
};

}  // namespace posthaste
