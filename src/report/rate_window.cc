#include "report/rate_window.h"

#include <algorithm>
#include <chrono>

namespace posthaste {

std::int64_t RateWindow::slice_of(WallTime time) const {
  const auto since = std::chrono::duration_cast<Duration>(time.time_since_epoch());
  return since / slice_;
}

WallTime RateWindow::end_of(std::int64_t slice) const {
  return WallTime(std::chrono::ceil<WallTime::duration>(slice_ * (slice + 1)));
}

void RateWindow::add(WallTime time, WallTime now, std::uint32_t part, std::uint32_t whole) {
  const std::int64_t number = slice_of(time);
  const std::int64_t oldest = std::max(slice_of(now), number) - kSlices;
  if (number <= oldest) return;
  const auto out = std::find_if(slices_.begin(), slices_.end(),
                                [&](const Slice& s) { return s.number > oldest; });
  slices_.erase(slices_.begin(), out);
  // Nearly always the last one.
  auto at = slices_.end();
  while (at != slices_.begin() && std::prev(at)->number >= number) --at;
  if (at == slices_.end() || at->number != number) at = slices_.insert(at, {number, 0, 0});
  at->part += part;
  at->whole += whole;
}

RateSum RateWindow::sum(std::int64_t last) const {
  RateSum sum;
  for (const Slice& slice : slices_) {
    if (slice.number <= last - kSlices || slice.number > last) continue;
    sum.part += slice.part;
    sum.whole += slice.whole;
  }
  sum.part = std::min(sum.part, sum.whole);
  return sum;
}

}  // namespace posthaste
