#include "shape/warmup_schedule.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

std::uint64_t cap(const WarmupSchedule& schedule, std::int64_t day) {
  return schedule.on_day(day).value_or(0);
}

TEST(WarmupSchedule, HoldsEachWeeksCapInSteps) {
  WarmupConfig config;
  config.mode = WarmupMode::step;
  const WarmupSchedule schedule(config);
  EXPECT_EQ(schedule.days(), 35);
  EXPECT_EQ(cap(schedule, 0), 100U);
  EXPECT_EQ(cap(schedule, 6), 100U);
  EXPECT_EQ(cap(schedule, 7), 500U);
  EXPECT_EQ(cap(schedule, 14), 2'000U);
  EXPECT_EQ(cap(schedule, 21), 10'000U);
  EXPECT_EQ(cap(schedule, 34), 50'000U);
  EXPECT_FALSE(schedule.on_day(35));
}

TEST(WarmupSchedule, StaysAtTheFullVolumeThatIsSet) {
  WarmupConfig config;
  config.mode = WarmupMode::step;
  config.full = 500'000;
  EXPECT_EQ(WarmupSchedule(config).on_day(35), 500'000U);
  config.mode = WarmupMode::smooth;
  const WarmupSchedule smooth(config);
  EXPECT_EQ(smooth.days(), 42);
  EXPECT_EQ(smooth.on_day(41), 500'000U);
  EXPECT_EQ(smooth.on_day(1000), 500'000U);
}

TEST(WarmupSchedule, GrowsDailyUnderTheStepsAndMeetsThemAtTheWeeksEnd) {
  WarmupConfig config;
  const WarmupSchedule smooth(config);
  config.mode = WarmupMode::step;
  const WarmupSchedule step(config);
  ASSERT_EQ(smooth.days(), step.days());
  for (std::int64_t day = 0; day < smooth.days(); ++day) {
    EXPECT_LE(cap(smooth, day), cap(step, day)) << day;
    const std::uint64_t yesterday = day == 0 ? 100 : cap(smooth, day - 1);
    EXPECT_GE(cap(smooth, day), yesterday) << day;
    EXPECT_LE(cap(smooth, day), yesterday * 1.3 + 1) << day;
  }
  for (std::int64_t week = 1; week <= 5; ++week) {
    EXPECT_EQ(cap(smooth, week * 7 - 1), cap(step, week * 7 - 1)) << week;
  }
}

TEST(WarmupSchedule, NeverGrowsByMoreThanSixTenthsADay) {
  WarmupConfig config;
  config.schedule = {10, 1'000'000};
  const WarmupSchedule schedule(config);
  EXPECT_GT(schedule.days(), 14);
  for (std::int64_t day = 1; day < schedule.days(); ++day) {
    EXPECT_LE(cap(schedule, day), cap(schedule, day - 1) * 1.6 + 1) << day;
  }
  EXPECT_EQ(cap(schedule, schedule.days() - 1), 1'000'000U);
}

TEST(WarmupSchedule, KnowsSendGridsTable) {
  WarmupConfig config;
  config.preset = WarmupPreset::sendgrid;
  const WarmupSchedule schedule(config);
  const std::uint64_t published[] = {20,  28,  39,  55,  77,    108,   151,  211,
                                     295, 413, 579, 810, 1'000, 1'587, 2'222};
  for (std::int64_t day = 0; const std::uint64_t hour : published) {
    EXPECT_EQ(schedule.in_hour_of_day(day), hour) << day;
    EXPECT_EQ(schedule.on_day(day), 24 * hour) << day;
    ++day;
  }
  EXPECT_EQ(schedule.in_hour_of_day(20), 16'734U);
  EXPECT_EQ(schedule.days(), 42);
  EXPECT_FALSE(schedule.in_hour_of_day(42));
}

TEST(WarmupSchedule, EndsATableWhereTheWantedVolumeIsReached) {
  WarmupConfig config;
  config.preset = WarmupPreset::sendgrid;
  config.full = 100'000;
  const WarmupSchedule schedule(config);
  EXPECT_LT(schedule.days(), 42);
  EXPECT_EQ(schedule.on_day(schedule.days() - 1), 100'000U);
  EXPECT_LT(*schedule.on_day(schedule.days() - 2), 100'000U);
}

TEST(WarmupSchedule, MayBeOneWeekLong) {
  WarmupConfig config;
  config.schedule = {250};
  const WarmupSchedule schedule(config);
  EXPECT_EQ(schedule.days(), 7);
  EXPECT_EQ(schedule.on_day(6), 250U);
  EXPECT_FALSE(schedule.on_day(7));
}

}  // namespace
}  // namespace posthaste
