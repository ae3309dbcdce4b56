#include "shape/cell_control.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>

#include "shape/pace_fixture.h"
#include "shape/token_bucket.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

struct Outcome {
  double accepted = 0;
  double deferred = 0;
  double lowest = 1e9;  // accepted messages a second, over any whole minute
  double highest = 0;

  double rate(Duration span) const {
    return accepted / std::chrono::duration<double>(span).count();
  }
};

// Sends as fast as the loop lets it, at most `most` a second, from `from` to `to`; what was sent
// before counts for nothing in the outcome.
class Simulation {
 public:
  explicit Simulation(HiddenLimit provider) : provider_(std::move(provider)) {}

  Outcome run_until(Duration end, double most = 1000) {
    Outcome outcome;
    double this_minute = 0;
    Duration minute_end = since() + 1min;
    for (; since() < end; clock_.advance(5ms)) {
      if (since() >= minute_end) {
        outcome.lowest = std::min(outcome.lowest, this_minute / 60);
        outcome.highest = std::max(outcome.highest, this_minute / 60);
        this_minute = 0;
        minute_end += 1min;
        control_.tick();
      }
      tokens_.set_rate(control_.message_rate());
      budget_ = std::min(budget_ + most * 0.005, most * 0.01 + 1);
      while (budget_ >= 1 && !tokens_.take_or_wait_until()) {
        budget_ -= 1;
        if (provider_.take(clock_.now(), since())) {
          ++outcome.accepted;
          ++this_minute;
          control_.on_delivered(200ms);
        } else {
          ++outcome.deferred;
          control_.on_deferred("421 4.7.28 rate");
        }
        tokens_.set_rate(control_.message_rate());
      }
      if (since() >= next_tick_) {
        next_tick_ += 1s;
        control_.tick();
      }
    }
    return outcome;
  }

  CellControl& control() { return control_; }
  Duration since() const { return clock_.now() - start_; }

 private:
  ManualClock clock_;
  Clock::time_point start_ = clock_.now();
  HiddenLimit provider_;
  CellControl control_{clock_};
  TokenBucket tokens_{clock_, Rate()};
  double budget_ = 0;
  Duration next_tick_{0};
};

class CellControlWindows : public testing::TestWithParam<std::pair<Duration, double>> {};

// Over-eager at first, it finds a limit that it was not told, and stays just below it.
TEST_P(CellControlWindows, FindsTheHiddenLimitAndStaysBelowIt) {
  const auto [window, per_second] = GetParam();
  const double per_window = per_second * std::chrono::duration<double>(window).count();
  Simulation simulation({window, [per_window](Duration) { return per_window; }, {}});
  const Outcome start = simulation.run_until(10min);
  const Outcome later = simulation.run_until(4h);
  const double share = later.deferred / (later.deferred + later.accepted);
  std::cout << "limit " << per_second << "/s in windows of " << to_string(window) << ": first ten "
            << "minutes " << start.rate(10min) << "/s, " << start.deferred << " deferred; then "
            << later.rate(4h - 10min) << "/s (" << later.lowest << " to " << later.highest << "), "
            << 100 * share << " % deferred\n";
  EXPECT_GE(later.rate(4h - 10min), 0.90 * per_second);
  EXPECT_LE(share, 0.01);
  EXPECT_GE(later.lowest, 0.8 * per_second);
  EXPECT_LE(later.highest, 1.2 * per_second);
}

INSTANTIATE_TEST_SUITE_P(
    Windows, CellControlWindows,
    testing::Values(std::pair{Duration(1s), 10.0}, std::pair{Duration(1s), 80.0},
                    std::pair{Duration(10s), 10.0}, std::pair{Duration(1min), 2.0},
                    std::pair{Duration(1min), 10.0}, std::pair{Duration(1min), 50.0}));

TEST(CellControl, FollowsALimitThatHalvesAndDoubles) {
  const auto limit = [](Duration since) { return since < 1h ? 600.0 : since < 2h ? 300.0 : 600.0; };
  Simulation simulation({1min, limit, {}});
  simulation.run_until(50min);
  const Outcome before = simulation.run_until(60min);
  simulation.run_until(70min);
  const Outcome halved = simulation.run_until(120min);
  simulation.run_until(150min);
  const Outcome doubled = simulation.run_until(180min);
  std::cout << before.rate(10min) << "/s, halved " << halved.rate(50min) << "/s, doubled "
            << doubled.rate(30min) << "/s\n";
  EXPECT_NEAR(before.rate(10min), 9.5, 0.5);
  EXPECT_NEAR(halved.rate(50min), 4.75, 0.3);
  EXPECT_LE(halved.deferred, 0.01 * halved.accepted + 1);
  EXPECT_NEAR(doubled.rate(30min), 9.5, 0.7);
}

// Whichever seconds of the clock it falls into.
TEST(CellControl, TakesAShortBurstForWhatASecondAllows) {
  for (const Duration begin : {100ms, 900ms}) {
    ManualClock clock;
    clock.advance(1s - clock.now().time_since_epoch() % 1s + begin);
    CellControl control(clock);
    for (int i = 0; i < 40; ++i) control.on_delivered(10ms);
    clock.advance(200ms);
    control.on_deferred("421 4.7.28 rate");
    control.on_deferred("421 4.7.28 rate");
    EXPECT_NEAR(control.rate().value_or(0), 38, 0.1);
  }
}

TEST(CellControl, DoesNothingWhileNothingIsDeferred) {
  Simulation simulation({1s, [](Duration) { return 1e9; }, {}});
  simulation.run_until(10min);
  EXPECT_FALSE(simulation.control().rate());
  EXPECT_TRUE(simulation.control().message_rate().is_unlimited());
  EXPECT_FALSE(simulation.control().take_change());
}

TEST(CellControl, LearnsNothingFromMailThatDoesNotFillItsRate) {
  Simulation simulation({1min, [](Duration) { return 600.0; }, {}});
  simulation.run_until(10min);
  const double found = *simulation.control().rate();
  simulation.run_until(3h, 2);
  EXPECT_NEAR(*simulation.control().rate(), found, found * 0.06);
}

TEST(CellControl, BacksOffWhenRepliesGrowSlow) {
  ManualClock clock;
  CellControl control(clock);
  auto send = [&](Duration latency, int seconds) {
    for (int i = 0; i < seconds * 10; ++i) {
      control.on_delivered(latency);
      clock.advance(100ms);
      if (i % 10 == 0) control.tick();
    }
  };
  send(200ms, 60);
  EXPECT_FALSE(control.rate());
  send(5s, 15);
  ASSERT_TRUE(control.rate());
  EXPECT_LT(*control.rate(), 10);
  EXPECT_NE(control.take_change()->find("replies take"), std::string::npos);
}

// Google's published recovery: one connection, and one more for each success.
TEST(CellControl, ComesBackByOneConnectionForEachDelivery) {
  ManualClock clock;
  CellControl control(clock);
  control.limit_connections(1, 10min, "421 4.7.28");
  EXPECT_EQ(control.connections(), 1U);
  control.on_delivered(100ms);
  EXPECT_EQ(control.connections(), 1U) << "the rule's time is not over";
  clock.advance(10min);
  control.on_delivered(100ms);
  EXPECT_EQ(control.connections(), 2U);
  for (int i = 0; i < 200; ++i) control.on_delivered(100ms);
  EXPECT_FALSE(control.connections());
}

TEST(CellControl, KeepsToARuleUntilItsTimeAndThenLooksForMore) {
  Simulation simulation({1s, [](Duration) { return 10.0; }, {}});
  simulation.run_until(5min);
  simulation.control().slow_to(*Rate::parse("1/min"), 30min, "[TS02]");
  const Outcome slowed = simulation.run_until(34min);
  EXPECT_LE(slowed.accepted, 30);
  EXPECT_EQ(simulation.control().message_rate(), *Rate::parse("60/hour"));
  simulation.run_until(3h);
  EXPECT_GT(*simulation.control().rate(), 9);
}

}  // namespace
}  // namespace posthaste
