#include "report/rate_window.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

const WallTime kStart = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

RateSum sum_at(const RateWindow& window, WallTime time) {
  return window.sum(window.slice_of(time));
}

TEST(RateWindow, ForgetsAThirtiethAtATime) {
  RateWindow window(1h);  // slices of two minutes
  window.add(kStart, kStart, 1, 1);
  window.add(kStart + 119s, kStart + 119s, 0, 1);
  window.add(kStart + 120s, kStart + 120s, 0, 1);
  EXPECT_EQ(sum_at(window, kStart + 120s), (RateSum{1, 3}));
  EXPECT_EQ(sum_at(window, kStart + 1h - 1us), (RateSum{1, 3}));
  EXPECT_EQ(sum_at(window, kStart + 1h), (RateSum{0, 1}));
  EXPECT_EQ(sum_at(window, kStart + 1h + 2min - 1us), (RateSum{0, 1}));
  EXPECT_EQ(sum_at(window, kStart + 1h + 2min), RateSum());
}

TEST(RateWindow, HoldsNoMoreThanThirtySlices) {
  RateWindow window(15min);
  for (int second = 0; second < 7200; ++second) {
    const WallTime time = kStart + std::chrono::seconds(second);
    window.add(time, time, 0, 1);
    ASSERT_LE(window.slices().size(), 30U);
  }
  EXPECT_EQ(sum_at(window, kStart + 7199s), (RateSum{0, 900}));
}

TEST(RateWindow, CountsForTheTimeThatIsSaid) {
  RateWindow window(24h);
  window.add(kStart, kStart, 0, 10);
  window.add(kStart + 20h, kStart + 20h, 0, 10);
  // Complaints about the first ten, twenty hours later.
  window.add(kStart, kStart + 20h, 2, 0);
  EXPECT_EQ(sum_at(window, kStart + 20h), (RateSum{2, 20}));
  EXPECT_EQ(sum_at(window, kStart + 25h), (RateSum{0, 10}));
  // About what is out of the window.
  window.add(kStart, kStart + 25h, 5, 5);
  EXPECT_EQ(sum_at(window, kStart + 25h), (RateSum{0, 10}));
}

TEST(RateWindow, NeverHasMorePartsThanWhole) {
  RateWindow window(1h);
  window.add(kStart, kStart, 3, 1);
  EXPECT_EQ(sum_at(window, kStart), (RateSum{1, 1}));
}

}  // namespace
}  // namespace posthaste
