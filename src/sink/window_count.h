#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/units.h"

namespace posthaste {

// How many there were in the `window` that ends now, whenever that is. What came within a 64th of
// the window is forgotten together, with the last of it: the count may be that much too old, and is
// never too small. Holds 66 entries at most.
class WindowCount {
 public:
  explicit WindowCount(Duration window) : window_(window) {}

  void add(Clock::time_point now);
  std::uint64_t count(Clock::time_point now);

 private:
  struct Group {
    Clock::time_point first;
    Clock::time_point last;
    std::uint64_t count;
  };

  Duration window_;
  std::vector<Group> groups_;  // the oldest first
  std::uint64_t sum_ = 0;
};

}  // namespace posthaste
