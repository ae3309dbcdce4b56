#include "shape/warmup_cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using State = WarmupCell::State;
using testing::HasSubstr;

// One cell that is the whole of its source's mail, and the days that pass over it.
class WarmupCellTest : public testing::Test {
 protected:
  WarmupCell::Settings settings() const {
    return {std::make_shared<const WarmupSchedule>(config), config.closed_loop, config.min_daily};
  }
  void begin(std::int64_t day = 0, double factor = 1) {
    cell = std::make_unique<WarmupCell>(clock, settings(), day, factor);
    cell->tick(share, 0);
  }

  // Sends `part` of the cap in a day, spread over its hours; of a hundred recipients so many are
  // hard bounces, deferrals, blocks or complaints.
  struct Luck {
    double hard = 0;
    double deferred = 0;
    double blocked = 0;
    double complaints = 0;
  };
  void pass_day(Luck luck, double part = 1) {
    for (int hour = 0; hour < 24; ++hour) {
      // What is left of the cap for this hour of the day.
      const double cap = static_cast<double>(cell->cap().value_or(1'000'000)) * part / 24;
      const bool is_open = !cell->closed_until();
      for (due += is_open ? cap : 0; due >= 1; due -= 1) {
        cell->count_sent();
        cell->count(tally(luck));
      }
      for (int minute = 0; minute < 60; ++minute) {
        clock.advance(1min);
        cell->tick(share, 0);
      }
    }
  }
  WarmupTally tally(Luck luck) {
    WarmupTally one;
    one.attempts = 1;
    auto hits = [](double& owed, double percent) {
      owed += percent / 100;
      if (owed < 1) return 0U;
      owed -= 1;
      return 1U;
    };
    one.hard = hits(owed_.hard, luck.hard);
    one.deferred = hits(owed_.deferred, luck.deferred);
    one.blocked = hits(owed_.blocked, luck.blocked);
    one.complaints = hits(owed_.complaints, luck.complaints);
    one.delivered = one.hard + one.deferred + one.blocked == 0 ? 1 : 0;
    return one;
  }
  std::uint64_t cap() const { return cell->cap().value_or(0); }

  ManualClock clock;
  WarmupConfig config;
  double share = 1;
  std::unique_ptr<WarmupCell> cell;
  double due = 0;

 private:
  Luck owed_;
};

TEST_F(WarmupCellTest, ComesToTheEndOfItsScheduleInGoodDays) {
  begin();
  const WarmupSchedule schedule(config);
  for (std::int64_t day = 0; day < 35; ++day) {
    EXPECT_EQ(cell->day(), day);
    EXPECT_EQ(cap(), schedule.on_day(day)) << day;
    pass_day({});
  }
  EXPECT_EQ(cell->state(), State::done);
  EXPECT_FALSE(cell->cap());
}

TEST_F(WarmupCellTest, EarnsNothingByACapThatIsNotUsed) {
  begin(10);
  const std::uint64_t before = cap();
  pass_day({}, 0.5);
  pass_day({}, 0.5);
  EXPECT_EQ(cell->state(), State::hold);
  EXPECT_EQ(cap(), before);
  EXPECT_THAT(cell->reason(), HasSubstr("were used"));
  pass_day({});
  EXPECT_EQ(cell->state(), State::green);
  EXPECT_GT(cap(), before);
}

TEST_F(WarmupCellTest, HoldsWhileMoreThanTwoPerCentAreDeferred) {
  begin(15);
  const std::uint64_t before = cap();
  pass_day({.deferred = 4});
  EXPECT_EQ(cell->state(), State::hold);
  EXPECT_EQ(cap(), before);
}

TEST_F(WarmupCellTest, HalvesItsCapAndSaysWhyWhenMoreThanOnePerCentBounce) {
  begin(15);
  const std::uint64_t before = cap();
  const std::int64_t day = cell->day();
  pass_day({.hard = 3});
  EXPECT_EQ(cell->state(), State::amber);
  EXPECT_LE(cap(), before / 2);
  EXPECT_EQ(cell->day(), day);
  const auto change = cell->take_change();
  ASSERT_TRUE(change);
  EXPECT_THAT(*change, HasSubstr("hard bounces"));
}

TEST_F(WarmupCellTest, HalvesOnceForWhatItHasSeenAndAgainOnlyForMore) {
  begin(20);
  const std::uint64_t before = cap();
  while (cell->state() != State::amber) cell->count(tally({.hard = 3}));
  cell->tick(share, 0);
  EXPECT_EQ(cap(), before / 2);
  pass_day({});
  EXPECT_EQ(cap(), before * 3 / 4);
  pass_day({.hard = 3});
  EXPECT_EQ(cap(), before * 3 / 8);
}

TEST_F(WarmupCellTest, RecoversByHalfADayUntilItIsBackOnItsSchedule) {
  begin(15);
  const std::uint64_t planned = cap();
  pass_day({.hard = 3}, 0.3);
  ASSERT_EQ(cell->state(), State::amber);
  int days = 0;
  while (cap() < planned && days < 30) {
    pass_day({});
    ++days;
  }
  EXPECT_GE(days, 2);
  EXPECT_LE(days, 6);
  EXPECT_EQ(cell->state(), State::green);
}

TEST_F(WarmupCellTest, StopsAtFivePerCentAndGoesOnAtAQuarterAWeekBack) {
  begin(20);
  const std::uint64_t before = cap();
  WarmupTally bad{.attempts = 100, .delivered = 90, .hard = 10};
  cell->count(bad);
  EXPECT_EQ(cell->state(), State::red);
  ASSERT_TRUE(cell->closed_until());
  EXPECT_EQ(*cell->closed_until() - clock.wall(), 10min);
  EXPECT_EQ(cell->day(), 13);
  clock.advance(10min);
  cell->tick(share, 0);
  EXPECT_FALSE(cell->closed_until());
  EXPECT_EQ(cap(), before / 4);
}

TEST_F(WarmupCellTest, RestsTwiceAsLongEachTimeThatItIsRedAgain) {
  begin(30);
  for (const auto rest : {10min, 20min, 40min}) {
    cell->count({.attempts = 100, .delivered = 50, .blocked = 50});
    ASSERT_TRUE(cell->closed_until());
    EXPECT_EQ(*cell->closed_until() - clock.wall(), rest);
    clock.advance(rest);
    cell->tick(share, 0);
  }
}

TEST_F(WarmupCellTest, TakesComplaintsMoreSeriouslyThanBounces) {
  begin(20);
  cell->count({.attempts = 1000, .delivered = 1000, .complaints = 2});
  EXPECT_EQ(cell->state(), State::green) << "two of a thousand may be bad luck";
  begin(20);
  cell->count({.attempts = 1000, .delivered = 1000, .complaints = 4});
  EXPECT_EQ(cell->state(), State::amber);
  begin(20);
  cell->count({.attempts = 1000, .delivered = 1000, .complaints = 6});
  EXPECT_EQ(cell->state(), State::red);
}

TEST_F(WarmupCellTest, DoesNotJudgeByAFew) {
  begin(20);
  cell->count({.attempts = 49, .delivered = 47, .hard = 2});
  EXPECT_EQ(cell->state(), State::green);
  begin(20);
  cell->count({.attempts = 60, .delivered = 59, .hard = 1});
  EXPECT_EQ(cell->state(), State::green);
}

TEST_F(WarmupCellTest, RestsAsLongAsTheProvidersRuleSays) {
  begin(20);
  cell->blocked(2h, "rule \"S3150\"");
  ASSERT_TRUE(cell->closed_until());
  EXPECT_EQ(*cell->closed_until() - clock.wall(), 2h);
  EXPECT_THAT(cell->reason(), HasSubstr("S3150"));
}

TEST_F(WarmupCellTest, CoolsDownWhenNothingIsSent) {
  begin();
  for (int day = 0; day < 20; ++day) pass_day({});
  const std::int64_t day = cell->day();
  for (int idle = 0; idle < 6; ++idle) pass_day({}, 0);
  EXPECT_EQ(cell->day(), day);
  for (int idle = 0; idle < 4; ++idle) pass_day({}, 0);
  EXPECT_EQ(cell->day(), day - 10);
  for (int idle = 0; idle < 21; ++idle) pass_day({}, 0);
  EXPECT_EQ(cell->day(), 0);
  EXPECT_EQ(cap(), 100U);
}

TEST_F(WarmupCellTest, BeginsAnewWhenAWarmAddressWasIdleForThirtyDays) {
  config.schedule = {100};
  begin();
  for (int day = 0; day < 8; ++day) pass_day({});
  ASSERT_EQ(cell->state(), State::done);
  clock.advance(31 * 24h);
  cell->tick(share, 0);
  EXPECT_NE(cell->state(), State::done);
  EXPECT_EQ(cap(), 100U);
}

TEST_F(WarmupCellTest, SendsTheProvidersShareButAFewAtLeast) {
  share = 0.25;
  begin(20);
  EXPECT_EQ(cap(), WarmupSchedule(config).on_day(20).value() / 4);
  share = 0.0001;
  begin(20);
  EXPECT_EQ(cap(), 20U);
}

TEST_F(WarmupCellTest, BeginsCarefullyWhereTheProviderIsStrict) {
  begin(20, 0.5);
  EXPECT_EQ(cap(), WarmupSchedule(config).on_day(20).value() / 2);
  for (int day = 0; day < 5; ++day) pass_day({});
  EXPECT_EQ(cap(), WarmupSchedule(config).on_day(25));
}

TEST_F(WarmupCellTest, KeepsToTheScheduleAloneWithoutTheLoop) {
  config.closed_loop = false;
  begin();
  for (int day = 0; day < 10; ++day) pass_day({.hard = 10, .deferred = 50});
  EXPECT_EQ(cell->day(), 10);
  EXPECT_EQ(cap(), WarmupSchedule(config).on_day(10));
}

TEST_F(WarmupCellTest, GoesOnAfterARestartWhereItWas) {
  begin();
  for (int day = 0; day < 12; ++day) pass_day({.deferred = 1});
  pass_day({.hard = 3});
  const std::string record = cell->encode();
  WarmupCell again(clock, settings(), 0, 1);
  ASSERT_TRUE(again.restore(record));
  EXPECT_EQ(again.encode(), record);
  EXPECT_EQ(again.day(), cell->day());
  EXPECT_EQ(again.cap(), cell->cap());
  EXPECT_EQ(again.state(), cell->state());
  EXPECT_FALSE(again.restore("no record"));
}

TEST_F(WarmupCellTest, PassesAnHourlyTableOn) {
  config.preset = WarmupPreset::sendgrid;
  begin();
  EXPECT_EQ(cell->hourly_cap(), 20U);
  EXPECT_EQ(cap(), 480U);
  pass_day({});
  EXPECT_EQ(cell->hourly_cap(), 28U);
}

}  // namespace
}  // namespace posthaste
