#include "route/warmup_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/config.h"
#include "route/source_config.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

WallTime at(std::chrono::hours hours) {
  return WallTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)) + hours;
}

TEST(WarmupDate, TakesDaysThatThereAre) {
  const auto date = WarmupDate::parse("2028-02-29");
  ASSERT_TRUE(date);
  EXPECT_EQ(date->to_string(), "2028-02-29");
  for (const char* wrong : {"2026-02-29", "2026-1-01", "01.11.2026", "", "2026-11-01T00:00:00Z",
                            "2026-13-01", "2026-11-0x"}) {
    EXPECT_FALSE(WarmupDate::parse(wrong)) << wrong;
  }
}

TEST(DailyWindow, TakesTimesOfDay) {
  const auto window = DailyWindow::parse("08:30-20:00");
  ASSERT_TRUE(window);
  EXPECT_EQ(window->to_string(), "08:30-20:00");
  EXPECT_EQ(window->length(), 11h + 30min);
  EXPECT_EQ(DailyWindow::parse("00:00-24:00")->length(), 24h);
  for (const char* wrong :
       {"8-20", "08:00", "08:00-08:00", "25:00-26:00", "08:60-09:00", "24:00-08:00"}) {
    EXPECT_FALSE(DailyWindow::parse(wrong)) << wrong;
  }
}

TEST(DailyWindow, SaysWhenItOpens) {
  const auto day = *DailyWindow::parse("08:00-20:00");
  EXPECT_EQ(day.opens_at(at(3h)), at(8h));
  EXPECT_EQ(day.opens_at(at(8h)), at(8h));
  EXPECT_EQ(day.opens_at(at(19h)), at(19h));
  EXPECT_EQ(day.opens_at(at(20h)), at(32h));
  const auto night = *DailyWindow::parse("22:00-06:00");
  EXPECT_EQ(night.opens_at(at(5h)), at(5h));
  EXPECT_EQ(night.opens_at(at(6h)), at(22h));
  EXPECT_EQ(night.opens_at(at(23h)), at(23h));
}

ConfigurationOrErrors load(const std::string& keys) {
  return Configuration::load_text("source \"a\" {\n  warmup { " + keys + " }\n}\n", "test.conf",
                                  {&source_schema()});
}

std::string first_error(const std::string& keys) {
  const auto loaded = load(keys);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  return errors == nullptr ? "" : errors->front().to_string();
}

TEST(WarmupConfig, HasTheScheduleOfFiveWeeksWhenNothingIsSaid) {
  ASSERT_EQ(first_error(""), "");
  const auto configuration = std::get<std::shared_ptr<const Configuration>>(load(""));
  const SourceConfig source = configuration->all(source_schema()).at(0);
  ASSERT_TRUE(source.warmup);
  EXPECT_EQ(source.warmup->schedule, (std::vector<std::uint64_t>{100, 500, 2'000, 10'000, 50'000}));
  EXPECT_EQ(source.warmup->mode, WarmupMode::smooth);
  EXPECT_EQ(source.warmup->where.to_string(), "test.conf:2");
}

TEST(WarmupConfig, SaysWhatIsWrongWithASchedule) {
  EXPECT_THAT(first_error("schedule = {500, 100}"), HasSubstr("falls"));
  EXPECT_THAT(first_error("schedule = {100, 500} full = 200"),
              HasSubstr("less than the schedule's last"));
  EXPECT_THAT(first_error("schedule = {0}"), HasSubstr("schedule"));
  EXPECT_THAT(first_error("preset = \"sendgrid\" schedule = {100}"), HasSubstr("leave out one"));
  EXPECT_THAT(first_error("start = \"tomorrow\""), HasSubstr("2026-11-01"));
  EXPECT_EQ(first_error("preset = \"sendgrid\" full = 500000 start = \"2026-11-01\" window = "
                        "\"08:00-20:00\""),
            "");
}

}  // namespace
}  // namespace posthaste
