#include "sink/window_count.h"

#include <algorithm>

namespace posthaste {

void WindowCount::add(Clock::time_point now) {
  count(now);
  ++sum_;
  if (!groups_.empty() && now - groups_.back().first < window_ / 64) {
    groups_.back().last = std::max(groups_.back().last, now);
    ++groups_.back().count;
    return;
  }
  groups_.push_back({now, now, 1});
}

std::uint64_t WindowCount::count(Clock::time_point now) {
  auto kept = groups_.begin();
  for (; kept != groups_.end() && now - kept->last >= window_; ++kept) sum_ -= kept->count;
  groups_.erase(groups_.begin(), kept);
  return sum_;
}

}  // namespace posthaste
