#include "shape/warmup_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "shape/governor_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Sources that warm up, asked through the governor as all mail is.
class WarmupBookTest : public testing::Test {
 protected:
  WarmupBookTest() {
    SourceConfig cold;
    cold.name = "cold";
    cold.warmup.emplace();
    cold.warmup->where = {"test.conf", 7};
    SourceConfig warm;
    warm.name = "warm";
    world.sources = {cold, warm};
    ProviderConfig google;
    google.name = "google";
    google.mx = {".google.test"};
    world.providers = {google};
  }
  WarmupConfig& config() { return *world.sources.front().warmup; }
  void start() {
    governor = std::make_unique<Governor>(world.clock, world.rules());
    world.connect(*governor);
    governor->restore(world.kept());
    governor->set_on_change([this](const ShapingChange& change) { changes.push_back(change); });
  }
  void stop() {
    governor->keep_all();
    world.apply();
    governor.reset();
  }
  std::shared_ptr<SendingCell> cell(const std::string& source, const std::string& host) {
    return governor->cell(SourceName(source), site(host));
  }
  // Sends what it may for so long, and returns how much that was.
  std::uint64_t send(const SendingCell& cell, Duration how_long, Duration step = 30s) {
    std::uint64_t sent = 0;
    const auto end = world.clock.now() + how_long;
    while (world.clock.now() < end) {
      world.apply();
      while (!governor->take_token(queue(), cell)) {
        ++sent;
        CellOutcome outcome;
        outcome.kind = CellOutcome::Kind::delivered;
        outcome.recipients = {.attempts = 1, .delivered = 1};
        governor->on_outcome(cell, queue(), outcome);
        world.apply();
      }
      world.clock.advance(step);
      governor->tick();
    }
    world.apply();
    return sent;
  }

  ShapingWorld world;
  std::unique_ptr<Governor> governor;
  std::vector<ShapingChange> changes;
};

TEST_F(WarmupBookTest, LetsAColdSourceSendItsDaysCapAndAWarmOneAllItLikes) {
  start();
  EXPECT_LE(send(*cell("cold", "mx.google.test"), 24h), 100U);
  const auto warm = cell("warm", "mx.google.test");
  EXPECT_FALSE(warm->warmup.cell);
  EXPECT_FALSE(governor->take_token(queue(), *warm));
}

TEST_F(WarmupBookTest, SpreadsTheCapEvenlyOverTheDay) {
  start();
  const auto google = cell("cold", "mx.google.test");
  std::uint64_t before_noon = send(*google, 12h);
  EXPECT_GE(before_noon, 48U);
  EXPECT_LE(before_noon, 51U);
}

TEST_F(WarmupBookTest, SaysWhichCapHoldsMailBackAndWhereItIsWritten) {
  start();
  const auto google = cell("cold", "mx.google.test");
  send(*google, 1h);
  std::optional<LimitRefusal> refused;
  for (int i = 0; i < 100 && !(refused && refused->until); ++i) {
    refused = governor->take_token(queue(), *google);
    world.apply();
  }
  const auto refusal = governor->refusal_to_send(queue(), *google);
  ASSERT_TRUE(refusal);
  EXPECT_THAT(refusal->limit, HasSubstr("warm-up of source \"cold\""));
  EXPECT_THAT(refusal->limit, HasSubstr("on day 1"));
  EXPECT_EQ(refusal->where.to_string(), "test.conf:7");
  EXPECT_TRUE(refusal->until);
}

TEST_F(WarmupBookTest, HoldsTheSourcesCapOverAllProvidersTogether) {
  start();
  const auto google = cell("cold", "mx.google.test");
  const auto others = cell("cold", "mx.else.test");
  std::uint64_t sent = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    sent += send(*google, 30s) + send(*others, 30s);
  }
  EXPECT_LE(sent, 100U);
  EXPECT_GE(sent, 95U);
}

TEST_F(WarmupBookTest, SharesTheCapByTheMixOfTheMail) {
  config().schedule = {10'000};
  start();
  governor->expect(queue(), site("mx.google.test"), 750);
  governor->expect(queue(), site("mx.else.test"), 250);
  const auto google = cell("cold", "mx.google.test");
  const auto others = cell("cold", "mx.else.test");
  governor->tick();
  EXPECT_EQ(google->warmup.cell->cap(), 7'500U);
  EXPECT_EQ(others->warmup.cell->cap(), 2'500U);
}

TEST_F(WarmupBookTest, SendsNothingBeforeItsStartAndOutsideItsHours) {
  config().start = *WarmupDate::parse("2026-01-03");
  config().window = *DailyWindow::parse("08:00-20:00");
  start();
  const auto google = cell("cold", "mx.google.test");
  const auto before = governor->refusal_to_send(queue(), *google);
  ASSERT_TRUE(before);
  EXPECT_THAT(before->limit, HasSubstr("before its start on 2026-01-03"));
  EXPECT_EQ(send(*google, 48h + 8h, 1min), 0U);
  EXPECT_GE(send(*google, 12h), 95U);
  EXPECT_EQ(send(*google, 12h), 0U);
}

TEST_F(WarmupBookTest, CountsTheDaysThatWereSpentElsewhere) {
  config().start = *WarmupDate::parse("2025-12-18");  // two weeks before the clock's first day
  start();
  EXPECT_EQ(cell("cold", "mx.google.test")->warmup.cell->day(), 14);
}

TEST_F(WarmupBookTest, TellsOfEachDayAndWhy) {
  config().schedule = {200};
  start();
  const auto google = cell("cold", "mx.google.test");
  send(*google, 25h);
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes.back().source, "cold");
  EXPECT_EQ(changes.back().provider, "google");
  EXPECT_THAT(changes.back().what, HasSubstr("warm-up day 2: 200 a day"));
}

TEST_F(WarmupBookTest, GoesOnAtItsDayAfterARestart) {
  start();
  send(*cell("cold", "mx.google.test"), 3 * 24h, 1min);
  const std::int64_t day = cell("cold", "mx.google.test")->warmup.cell->day();
  EXPECT_GE(day, 2);
  stop();
  start();
  EXPECT_EQ(cell("cold", "mx.google.test")->warmup.cell->day(), day);
}

TEST_F(WarmupBookTest, IsThereAgainAfterARestartBeforeAnythingIsSent) {
  start();
  send(*cell("cold", "mx.google.test"), 1min);
  start();
  ASSERT_EQ(governor->warmup().status().size(), 1U);
  EXPECT_TRUE(governor->warmup().status()[0].has_begun);
  EXPECT_EQ(governor->warmup().status()[0].provider, "google");
  EXPECT_GE(governor->warmup().status()[0].sent, 1U);
}

TEST_F(WarmupBookTest, SendsNothingForADayWhenABlocklistHasTheSource) {
  start();
  const auto cold = cell("cold", "mx.google.test");
  send(*cold, 24h);
  governor->on_listed("cold", "203.0.113.1 is listed by zen.spamhaus.org");
  governor->on_listed("warm", "it does not warm up");
  governor->on_listed("nobody", "there is no such source");
  EXPECT_EQ(send(*cold, 12h), 0U);
  EXPECT_EQ(cold->warmup.cell->state(), WarmupCell::State::red);
  // Told again within the day: it is red already.
  governor->on_listed("cold", "203.0.113.1 is listed by zen.spamhaus.org");
  EXPECT_EQ(send(*cold, 11h), 0U);
  EXPECT_GT(send(*cold, 24h), 0U);
  EXPECT_EQ(cold->warmup.cell->state(), WarmupCell::State::hold);
  // Still listed, or again: another day.
  governor->on_listed("cold", "203.0.113.1 is listed by zen.spamhaus.org");
  EXPECT_EQ(send(*cold, 23h), 0U);
}

TEST_F(WarmupBookTest, HearsOfWhatCameAfterTheDelivery) {
  start();
  const auto cold = cell("cold", "mx.google.test");
  send(*cold, 24h);
  ASSERT_GE(cold->warmup.cell->window().delivered, 50U);
  for (int i = 0; i < 20; ++i) {
    governor->on_later_outcome("cold", "google", {.complaints = 1});
    governor->on_later_outcome("cold", "yahoo", {.complaints = 1});
    governor->on_later_outcome("warm", "google", {.hard = 1});
    governor->on_later_outcome("nobody", "google", {.hard = 1});
  }
  EXPECT_EQ(cold->warmup.cell->state(), WarmupCell::State::red);
  EXPECT_THAT(cold->warmup.cell->reason(), HasSubstr("complaints"));
  EXPECT_EQ(send(*cold, 5min), 0U);
}

TEST_F(WarmupBookTest, KeepsItsDayOverAReload) {
  start();
  send(*cell("cold", "mx.google.test"), 3 * 24h, 1min);
  const auto google = cell("cold", "mx.google.test");
  const std::int64_t day = google->warmup.cell->day();
  config().schedule = {1'000};
  governor->set_rules(world.rules());
  governor->tick();
  EXPECT_EQ(google->warmup.cell->day(), day);
  EXPECT_EQ(google->warmup.cell->cap(), 1'000U);
  world.sources.front().warmup.reset();
  governor->set_rules(world.rules());
  EXPECT_FALSE(google->warmup.cell);
}

// Whatever is asked and whenever it is killed: no 24 hours hold more than the cap of their last
// day.
TEST_F(WarmupBookTest, NeverExceedsACapWhateverHappens) {
  std::mt19937 random(7);
  config().schedule = {40, 60};
  config().mode = WarmupMode::step;
  config().full = 60;
  std::deque<Clock::time_point> sent;
  start();
  for (int step = 0; step < 20'000; ++step) {
    world.clock.advance(std::chrono::seconds(random() % 300));
    if (random() % 50 == 0) world.apply();
    if (random() % 20 == 0) governor->tick();
    if (random() % 1500 == 0) {
      // Killed: what was on its way may be on disk or not.
      world.on_their_way.clear();
      start();
    } else if (random() % 1500 == 0) {
      stop();
      start();
    }
    const auto one = cell("cold", random() % 2 ? "mx.google.test" : "mx.else.test");
    if (governor->take_token(queue(), *one)) {
      world.apply();
      continue;
    }
    const auto now = world.clock.now();
    sent.push_back(now);
    while (now - sent.front() >= 24h) sent.pop_front();
    const std::uint64_t cap = config().schedule.back();
    ASSERT_LE(sent.size(), cap) << step;
    governor->on_outcome(*one, queue(), {.recipients = {.attempts = 1, .delivered = 1}});
  }
}

}  // namespace
}  // namespace posthaste
