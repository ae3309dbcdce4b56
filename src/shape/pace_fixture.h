#pragma once

#include <chrono>
#include <deque>
#include <functional>

#include "base/clock.h"
#include "base/units.h"

namespace posthaste {

// A provider that takes so many messages in any window and defers the rest; nobody is told the
// limit, and it may change with time. For tests and comparisons.
struct HiddenLimit {
  Duration window;
  std::function<double(Duration since_start)> limit;  // messages a window
  std::deque<Clock::time_point> accepted;

  bool take(Clock::time_point now, Duration since_start) {
    while (!accepted.empty() && now - accepted.front() >= window) accepted.pop_front();
    if (static_cast<double>(accepted.size()) >= limit(since_start)) return false;
    accepted.push_back(now);
    return true;
  }
};

}  // namespace posthaste
