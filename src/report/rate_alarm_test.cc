#include "report/rate_alarm.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

using State = RateAlarm::State;

constexpr Percent kOnePercent{10'000};

// Of 10,000, where the share itself counts.
RateSum per_ten_thousand(std::uint64_t part) {
  return {part, 10'000};
}

TEST(WilsonLowerBound, IsWhatTablesSay) {
  EXPECT_DOUBLE_EQ(wilson_lower_bound({0, 0}), 0);
  EXPECT_NEAR(wilson_lower_bound({0, 200}), 0, 1e-9);
  EXPECT_NEAR(wilson_lower_bound({1, 10}), 0.0179, 1e-4);
  EXPECT_NEAR(wilson_lower_bound({5, 200}), 0.0107, 1e-4);
  EXPECT_NEAR(wilson_lower_bound({50, 100}), 0.4038, 1e-4);
  EXPECT_NEAR(wilson_lower_bound({100, 100}), 0.9630, 1e-4);
}

TEST(MeasuredShare, IsTheShareFromAThousandOn) {
  EXPECT_LT(measured_share({50, 999}), 0.045);
  EXPECT_DOUBLE_EQ(measured_share({50, 1000}), 0.05);
}

TEST(RateAlarm, IsRaisedByTwoWindowsInARow) {
  RateAlarm alarm;
  EXPECT_FALSE(alarm.judge(per_ten_thousand(100), kOnePercent, 200));
  EXPECT_EQ(alarm.state(), State::pending);
  EXPECT_FALSE(alarm.judge(per_ten_thousand(99), kOnePercent, 200));
  EXPECT_EQ(alarm.state(), State::quiet);
  EXPECT_FALSE(alarm.judge(per_ten_thousand(100), kOnePercent, 200));
  EXPECT_TRUE(alarm.judge(per_ten_thousand(100), kOnePercent, 200));
  EXPECT_TRUE(alarm.is_raised());
  EXPECT_FALSE(alarm.judge(per_ten_thousand(500), kOnePercent, 200)) << "told once";
}

TEST(RateAlarm, IsResolvedBelowFourFifths) {
  RateAlarm alarm;
  alarm.restore(State::raised);
  EXPECT_FALSE(alarm.judge(per_ten_thousand(99), kOnePercent, 200));
  EXPECT_FALSE(alarm.judge(per_ten_thousand(81), kOnePercent, 200));
  EXPECT_TRUE(alarm.judge(per_ten_thousand(79), kOnePercent, 200));
  EXPECT_EQ(alarm.state(), State::quiet);
}

TEST(RateAlarm, SaysNothingOfFew) {
  RateAlarm alarm;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(alarm.judge({199, 199}, kOnePercent, 200));
  EXPECT_EQ(alarm.state(), State::quiet);
}

TEST(RateAlarm, IsSureOfFewerThanAThousand) {
  RateAlarm alarm;
  // 2 % of 200 may be chance; 2.5 % is not.
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(alarm.judge({4, 200}, kOnePercent, 200));
  alarm.judge({5, 200}, kOnePercent, 200);
  EXPECT_TRUE(alarm.judge({5, 200}, kOnePercent, 200));
}

TEST(RateAlarm, StaysWhileFewAreLeftAndEndsWithTheLast) {
  RateAlarm alarm;
  alarm.restore(State::raised);
  EXPECT_FALSE(alarm.judge({20, 50}, kOnePercent, 200));
  EXPECT_TRUE(alarm.judge({0, 0}, kOnePercent, 200));
}

TEST(RateAlarm, EndsWithItsThreshold) {
  RateAlarm alarm;
  alarm.restore(State::raised);
  EXPECT_TRUE(alarm.judge(per_ten_thousand(900), Percent(), 200));
  EXPECT_FALSE(alarm.judge(per_ten_thousand(900), Percent(), 200));
}

}  // namespace
}  // namespace posthaste
