#include "report/outcome_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/rate_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class OutcomeRatesTest : public testing::Test {
 protected:
  void SetUp() override { begin(); }
  void begin() {
    rates = std::make_unique<OutcomeRates>(world.rules());
    rates->advance(now);
  }

  RateOutcome of_campaign(const std::string& campaign) const {
    RateOutcome outcome;
    outcome.time = now;
    outcome.tenant = "acme";
    outcome.campaign = campaign;
    outcome.ended = 1;
    return outcome;
  }
  void send(const std::string& campaign, int delivered, int hard, int soft = 0) {
    RateOutcome outcome = of_campaign(campaign);
    for (int i = 0; i < delivered; ++i) rates->count(outcome);
    outcome.hard = 1;
    for (int i = 0; i < hard; ++i) rates->count(outcome);
    outcome.hard = 0;
    outcome.soft = 1;
    for (int i = 0; i < soft; ++i) rates->count(outcome);
  }
  void pass(Duration time) {
    now += std::chrono::duration_cast<WallTime::duration>(time);
    rates->advance(now);
  }
  // What was told of campaigns, in words.
  std::vector<std::string> told() {
    std::vector<std::string> all;
    for (const RateChange& change : rates->take_changes()) {
      if (change.subject.scope == RateScope::campaign) all.push_back(change.to_string());
    }
    return all;
  }
  RateSum sum(const std::string& campaign, RateKind kind, Duration window) const {
    const auto rows = rates->rows();
    const RateRow* const row = find_row(rows, RateScope::campaign, campaign, kind, window);
    return row == nullptr ? RateSum() : row->sum;
  }
  // As a restart would.
  void restart() {
    for (OutcomeRates::Record& record : rates->take_records()) {
      if (record.value) disk[record.key] = *record.value;
      if (!record.value) disk.erase(record.key);
    }
    rates = std::make_unique<OutcomeRates>(world.rules());
    for (const auto& [key, value] : disk) rates->restore(key, value);
    rates->advance(now);
  }

  RateWorld world;
  WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  std::unique_ptr<OutcomeRates> rates;
  std::map<std::string, std::string> disk;
};

TEST_F(OutcomeRatesTest, CountsForAllWhoseMailItIs) {
  RateOutcome outcome = of_campaign("spring");
  outcome.source = "mail1";
  outcome.attempts = outcome.ended = outcome.taken = 1;
  rates->count(outcome);
  std::map<std::string, int> names;
  for (const RateRow& row : rates->rows()) ++names[row.subject.to_string()];
  EXPECT_THAT(
      names,
      ElementsAre(testing::Pair("campaign spring of tenant acme", 5),
                  testing::Pair("provider default", 5), testing::Pair("source mail1", 5),
                  testing::Pair("source mail1 to default", 1), testing::Pair("tenant acme", 5)));
}

TEST_F(OutcomeRatesTest, SlidesEveryWindowByItself) {
  send("spring", 90, 10);
  pass(59min);
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 1h), (RateSum{10, 100}));
  pass(1min);
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 1h), RateSum());
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 24h), (RateSum{10, 100}));
  pass(23h);
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 24h), RateSum());
}

TEST_F(OutcomeRatesTest, TellsAfterTwoWindowsAndOnce) {
  send("spring", 1960, 40);
  pass(2min);
  EXPECT_THAT(told(), IsEmpty());
  pass(2min);
  EXPECT_THAT(told(), ElementsAre("campaign spring of tenant acme: hard_bounce 2 % (40 of 2000 in "
                                  "1h), warn from 1% on"));
  // Neither the next slices nor the window of a day tell it again.
  pass(50min);
  EXPECT_THAT(told(), IsEmpty());
  pass(20h);
  EXPECT_THAT(told(), IsEmpty()) << "the day says so still";
  pass(4h);
  EXPECT_THAT(told(), ElementsAre("campaign spring of tenant acme: hard_bounce 0 % (0 of 0 in "
                                  "1d), no longer warn"));
}

TEST_F(OutcomeRatesTest, RisesAndEases) {
  world.alert.hard_bounce.windows = {1h};
  begin();
  send("spring", 900, 100);
  pass(4min);
  ASSERT_THAT(told(), ElementsAre(testing::HasSubstr("page from 5% on")));
  send("spring", 2000, 0);
  pass(2min);
  EXPECT_THAT(told(), ElementsAre("campaign spring of tenant acme: hard_bounce 3.33 % (100 of 3000 "
                                  "in 1h), warn from 1% on"));
  send("spring", 9000, 0);
  pass(2min);
  EXPECT_THAT(told(), IsEmpty()) << "0.83 % is not below four fifths";
  send("spring", 600, 0);
  pass(2min);
  EXPECT_THAT(told(), ElementsAre(testing::HasSubstr("no longer warn")));
}

TEST_F(OutcomeRatesTest, TakesSoftBouncesOverTheDay) {
  send("spring", 1900, 0, 100);
  pass(96min);
  EXPECT_THAT(told(), ElementsAre(testing::HasSubstr("soft_bounce 5 % (100 of 2000 in 1d), warn")));
}

TEST_F(OutcomeRatesTest, JudgesDeferralsByCellAndQuarterOfAnHour) {
  RateOutcome outcome;
  outcome.time = now;
  outcome.source = "mail1";
  outcome.provider = "yahoo";
  outcome.attempts = 1;
  for (int i = 0; i < 40; ++i) rates->count(outcome);
  outcome.deferred = 1;
  for (int i = 0; i < 20; ++i) rates->count(outcome);
  pass(1min);
  const auto changes = rates->take_changes();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].to_string(),
            "source mail1 to yahoo: deferral 33.3 % (20 of 60 in 15m), warn from 10% on");
}

TEST_F(OutcomeRatesTest, CountsComplaintsForTheDayOfTheirMail) {
  RateOutcome outcome = of_campaign("spring");
  outcome.taken = 1;
  for (int i = 0; i < 2000; ++i) rates->count(outcome);
  pass(30h);
  RateOutcome complaint = of_campaign("spring");
  complaint.time = now - 30h;
  complaint.ended = 0;
  complaint.complaints = 1;
  for (int i = 0; i < 10; ++i) rates->count(complaint);
  EXPECT_EQ(sum("spring", RateKind::complaint, 24h), RateSum());
  EXPECT_EQ(sum("spring", RateKind::complaint, 7 * 24h), (RateSum{10, 2000}));
  pass(12h);
  EXPECT_THAT(told(), ElementsAre(testing::HasSubstr("complaint 0.5 % (10 of 2000 in 7d), page")));
}

TEST_F(OutcomeRatesTest, AsksToStopWhoGoesOverABudget) {
  world.alert.campaign_budget.action = BudgetAction::suspend;
  CampaignConfig own;
  own.name = "trusted";
  own.budget = RateBudget();
  world.campaigns.push_back(own);
  begin();
  for (const char* campaign : {"spring", "trusted"}) send(campaign, 900, 100);
  pass(2min);
  EXPECT_THAT(told(), IsEmpty());
  pass(2min);
  std::vector<std::string> stopped;
  for (const RateChange& change : rates->take_changes()) {
    if (change.went_over_budget) stopped.push_back(change.to_string());
  }
  EXPECT_THAT(stopped, ElementsAre("campaign spring of tenant acme: hard_bounce 10 % (100 of 1000 "
                                   "in 1h), the budget is 5%"));
  // The window of a day says the same later: who resumed it meanwhile is not overruled.
  pass(23h);
  EXPECT_THAT(rates->take_changes(), IsEmpty());
}

TEST_F(OutcomeRatesTest, GoesOnAfterARestart) {
  send("spring", 1800, 200);
  pass(2min);
  restart();
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 1h), (RateSum{200, 2000}));
  pass(2min);
  ASSERT_THAT(told(), SizeIs(1)) << "the second window after the restart";
  restart();
  pass(20min);
  EXPECT_THAT(told(), IsEmpty()) << "it is known";
  // A stop of three hours: the window of an hour is empty, that of a day is not.
  restart();
  pass(3h);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 1h), RateSum());
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 24h), (RateSum{200, 2000}));
}

TEST_F(OutcomeRatesTest, WritesOnlyWhatHasChanged) {
  send("spring", 1, 0);
  send("summer", 1, 0);
  EXPECT_THAT(rates->take_records(), SizeIs(3));
  EXPECT_THAT(rates->take_records(), IsEmpty());
  send("summer", 1, 0);
  EXPECT_THAT(rates->take_records(), SizeIs(2)) << "the campaign and its tenant";
}

TEST_F(OutcomeRatesTest, KeepsWindowsThatANewConfigurationHasToo) {
  send("spring", 1800, 200);
  world.alert.hard_bounce.windows = {1h, 2h};
  rates->set_rules(world.rules());
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 1h), (RateSum{200, 2000}));
  EXPECT_EQ(sum("spring", RateKind::hard_bounce, 2h), RateSum());
}

TEST_F(OutcomeRatesTest, ForgetsWhatIsOver) {
  send("spring", 10, 1);
  restart();
  EXPECT_THAT(disk, SizeIs(2));
  pass(8 * 24h);
  EXPECT_EQ(rates->size(), 0U);
  restart();
  EXPECT_THAT(disk, IsEmpty());
}

TEST_F(OutcomeRatesTest, HoldsNoMoreThanItMayOfAHundredThousandCampaigns) {
  world.alert.max_cells = 1000;
  begin();
  send("large", 300, 1);
  send("bad", 100, 100);
  pass(4min);
  ASSERT_THAT(told(), SizeIs(1));
  send("larger", 400, 0);
  for (int i = 0; i < 100'000; ++i) {
    RateOutcome outcome = of_campaign("once");
    outcome.campaign += std::to_string(i);
    rates->count(outcome);
    ASSERT_LE(rates->size(), 1000U);
  }
  EXPECT_EQ(sum("large", RateKind::hard_bounce, 1h), (RateSum{1, 301}));
  EXPECT_EQ(sum("bad", RateKind::hard_bounce, 1h), (RateSum{100, 200}));
  EXPECT_EQ(sum("larger", RateKind::hard_bounce, 1h), (RateSum{0, 400}));
  EXPECT_EQ(sum("once99999", RateKind::hard_bounce, 1h), (RateSum{0, 1}));
  EXPECT_EQ(sum("once0", RateKind::hard_bounce, 1h), RateSum());
  const auto rows = rates->rows();
  EXPECT_EQ(find_row(rows, RateScope::tenant, "acme", RateKind::hard_bounce)->sum.whole, 100'901U);
}

}  // namespace
}  // namespace posthaste
