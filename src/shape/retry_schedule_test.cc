#include "shape/retry_schedule.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiddle = 1ULL << 63;  // no deviation

TEST(RetrySchedule, GrowsFromTheFirstIntervalToTheCeiling) {
  const RetryConfig config;  // 20 min, doubling, 4 h
  EXPECT_EQ(retry_interval(config, 1, kMiddle), 20min);
  EXPECT_EQ(retry_interval(config, 2, kMiddle), 40min);
  EXPECT_EQ(retry_interval(config, 4, kMiddle), 160min);
  EXPECT_EQ(retry_interval(config, 5, kMiddle), 4h);
  EXPECT_EQ(retry_interval(config, 4'000'000'000U, kMiddle), 4h);
}

TEST(RetrySchedule, StaysWithinItsJitter) {
  const RetryConfig config;
  EXPECT_GE(retry_interval(config, 1, 0), 16min);
  EXPECT_LE(retry_interval(config, 1, ~0ULL), 24min);
  EXPECT_LT(retry_interval(config, 1, 0), retry_interval(config, 1, ~0ULL));
}

TEST(RetrySchedule, HoldsAFirstIntervalAboveTheCeiling) {
  RetryConfig config;
  config.first = 6h;
  EXPECT_EQ(retry_interval(config, 1, kMiddle), 6h);
  EXPECT_EQ(retry_interval(config, 9, kMiddle), 6h);
}

}  // namespace
}  // namespace posthaste
