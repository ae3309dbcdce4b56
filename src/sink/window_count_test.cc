#include "sink/window_count.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <random>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

TEST(WindowCount, ForgetsWhatIsOlderThanTheWindow) {
  WindowCount count(1h);
  Clock::time_point now{};
  for (int i = 0; i < 5; ++i) count.add(now);
  EXPECT_EQ(count.count(now + 59min), 5U);
  EXPECT_EQ(count.count(now + 1h), 0U);
}

// Against every single time: never too small, and too large only by what came in a 64th of the
// window before it.
TEST(WindowCount, IsNeverTooSmallAndLittleTooLarge) {
  constexpr auto kWindow = 640s;
  std::mt19937 random(5);
  WindowCount count(kWindow);
  std::deque<Clock::time_point> times;
  Clock::time_point now{};
  for (int step = 0; step < 50'000; ++step) {
    now += std::chrono::milliseconds(random() % (step % 1000 == 0 ? 900'000 : 4'000));
    count.add(now);
    times.push_back(now);
    while (now - times.front() >= kWindow + kWindow / 64) times.pop_front();
    std::uint64_t exact = 0;
    for (const auto& time : times) exact += now - time < kWindow ? 1 : 0;
    ASSERT_GE(count.count(now), exact) << step;
    ASSERT_LE(count.count(now), times.size()) << step;
  }
}

}  // namespace
}  // namespace posthaste
