#include "cli/top_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {
namespace {

using nlohmann::ordered_json;
using testing::ElementsAre;

ordered_json overview(double uptime) {
  return ordered_json::parse(R"({
    "time": "2026-11-24T02:21:16.191521Z", "started": "2026-11-24T02:21:09.202621Z",
    "totals": {"received": 100, "delivered": 50, "deferred": 8, "failed": 2, "queued": 40,
               "queues": 2, "oldest_seconds": 4.5, "connections": 3, "suspensions": 1},
    "providers": [
      {"provider": "small", "delivered": 10, "deferred": 0, "failed": 0, "connections": 1,
       "waiting": 4, "held_by": [], "last_failure": "421 \u001b[2Jno"},
      {"provider": "large", "delivered": 40, "deferred": 8, "failed": 2, "connections": 2,
       "waiting": 36, "held_by": [{"reason": "provider \"large\" message_rate 50/s",
                                   "messages": 36}]}],
    "sources": [{"source": "east", "delivered": 50, "deferred": 8, "failed": 2}],
    "flows": [{"source": "east", "provider": "large", "connections": 2, "rate": 9.5,
               "max_connections": 2, "state": "rate 9.5/s: deferred: 421"},
              {"source": "east", "provider": "small", "connections": 1}],
    "queues": [
      {"queue": "outbound/a.test", "depth": 36, "delivered": 5, "deferred": 1, "failed": 0,
       "waits_for": "a limit", "waits_until": "2026-11-24T02:22:00.000000Z"},
      {"queue": "outbound/b.test", "depth": 4, "delivered": 5, "deferred": 1, "failed": 0,
       "next_due": "2026-11-25 10:00:00.000000Z"}]
  })")
      .patch(
          ordered_json::array({{{"op", "add"}, {"path", "/uptime_seconds"}, {"value", uptime}}}));
}

TopSample sample(const ordered_json& json) {
  auto read = read_top_sample(json);
  EXPECT_TRUE(read);
  return read ? *read : TopSample{};
}

TEST(TopRates, ReadsWhatTheServerTells) {
  const TopSample read = sample(overview(7));
  EXPECT_EQ(read.time, "02:21:16");
  EXPECT_EQ(read.received, 100u);
  EXPECT_EQ(read.queued, 40u);
  EXPECT_EQ(read.oldest, 4.5);
  EXPECT_TRUE(read.are_queues_longest);
  ASSERT_EQ(read.providers.size(), 2u);
  EXPECT_EQ(read.providers[0].name, "large") << "the busiest first";
  EXPECT_THAT(read.providers[0].held_by,
              ElementsAre(TopReason{"provider \"large\" message_rate 50/s", 36}));
  EXPECT_THAT(read.providers[0].loops,
              ElementsAre("from east: rate 9.5/s: deferred: 421; at most 2 connections"));
  EXPECT_THAT(read.providers[1].loops, ElementsAre());
  EXPECT_EQ(read.providers[1].last_failure, "421 ?[2Jno") << "nothing that a terminal obeys";
  ASSERT_EQ(read.queues.size(), 2u);
  EXPECT_THAT(read.queues[0].held_by, ElementsAre(TopReason{"a limit", 36}));
  EXPECT_EQ(read.queues[0].next, "02:22:00");
  EXPECT_EQ(read.queues[1].next, "11-25 10:00") << "of another day";
}

TEST(TopRates, RefusesWhatIsNoOverview) {
  EXPECT_FALSE(read_top_sample(ordered_json::array()));
  EXPECT_FALSE(read_top_sample({{"error", "no such resource"}}));
  EXPECT_TRUE(read_top_sample({{"totals", 7}, {"providers", "none"}, {"flows", {1, 2}}}))
      << "kinds that another version might give";
}

TEST(TopRates, DividesByTheTimeOfTheServer) {
  ordered_json later = overview(9);
  later["totals"]["received"] = 300;
  later["totals"]["delivered"] = 51;
  later["totals"]["queued"] = 20;
  later["providers"][1]["delivered"] = 240;
  later["queues"][0]["deferred"] = 5;
  const TopSample before = sample(overview(7));
  const TopFigures figures = top_figures(&before, sample(later));
  EXPECT_EQ(figures.received, 100);
  ASSERT_TRUE(figures.totals);
  EXPECT_EQ(figures.totals->delivered, 0.5);
  EXPECT_EQ(figures.totals->growth, -10);
  ASSERT_TRUE(figures.providers[0]);
  EXPECT_EQ(figures.providers[0]->delivered, 100);
  EXPECT_EQ(figures.providers[1]->delivered, 0);
  EXPECT_EQ(figures.queues[0]->deferred, 2);
}

TEST(TopRates, KnowsNoRatesFromOneSampleOrOverARestart) {
  const TopSample before = sample(overview(7));
  EXPECT_FALSE(top_figures(nullptr, before).totals);
  EXPECT_FALSE(top_figures(nullptr, before).providers[0]);
  EXPECT_FALSE(top_figures(&before, before).totals) << "the same answer twice";
  ordered_json restarted = overview(9);
  restarted["started"] = "2026-11-24T02:21:14.000000Z";
  EXPECT_FALSE(top_figures(&before, sample(restarted)).totals);
}

TEST(TopRates, TakesANewProviderForOneThatHadNothing) {
  ordered_json earlier = overview(7);
  earlier["providers"].erase(1);
  earlier["queues"].erase(0);
  const TopSample before = sample(earlier);
  const TopFigures figures = top_figures(&before, sample(overview(9)));
  ASSERT_TRUE(figures.providers[0]);
  EXPECT_EQ(figures.providers[0]->delivered, 20);
  EXPECT_FALSE(figures.queues[0]) << "it was there before, and not among those that were listed";
}

TEST(TopRates, KnowsNoRateOfACountThatBeganAgain) {
  ordered_json later = overview(9);
  later["queues"][0]["delivered"] = 1;
  const TopSample before = sample(overview(7));
  EXPECT_FALSE(top_figures(&before, sample(later)).queues[0]);
}

TEST(TopRates, StandsBesideTheCountsInTheDocument) {
  const ordered_json first = overview(7);
  ordered_json second = overview(9);
  second["totals"]["received"] = 104;
  second["providers"][1]["failed"] = 3;
  const ordered_json rated = with_rates(second, &first);
  EXPECT_EQ(rated["totals"]["received_per_second"], 2.0);
  EXPECT_EQ(rated["providers"][1]["failed_per_second"], 0.5);
  EXPECT_EQ(rated["queues"][1]["growth_per_second"], 0.0);
  EXPECT_FALSE(with_rates(second, nullptr)["totals"].contains("received_per_second"));
}

}  // namespace
}  // namespace posthaste
