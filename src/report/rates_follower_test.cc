#include "report/rates_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/rate_fixture.h"
#include "report/report_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RatesFollowerTest : public ReportTest {
 protected:
  RatesFollowerTest() {
    world.alert.campaign_budget.action = BudgetAction::suspend;
    begin();
  }
  ~RatesFollowerTest() override { end(); }

  void begin() {
    RatesFollower::Parts parts{
        *spool,
        clock,
        tasks,
        [this](const RateSubject& subject, const RateBudget&, const std::string&) {
          suspended.push_back(subject.to_string());
        },
        [this](const std::string& source, const std::string& provider, const WarmupTally& tally) {
          later.push_back(source + " " + provider + " hard=" + std::to_string(tally.hard) +
                          " complaints=" + std::to_string(tally.complaints));
        },
        [](const RateChange&) {}};
    follower = std::make_unique<RatesFollower>(std::move(parts), world.rules());
    ASSERT_TRUE(follower->start());
    run();
  }
  // Ends as if killed: what was not written is lost.
  void end() {
    stop_tasks();
    follower.reset();
  }
  void restart() {
    end();
    spool.reset();
    open_spool("spool");
    begin();
    follow();
  }

  Event outcome_event(EventType type, const MessageId& id) {
    Event event = event_of(type);
    event.message_id = id.to_string();
    event.source = "mail1";
    event.provider = "yahoo";
    event.tenant = "acme";
    event.campaign = "spring";
    if (type == EventType::bounce || type == EventType::oob_bounce) event.hard = true;
    return event;
  }
  Event outcome_event(EventType type) {
    return outcome_event(type, MessageId::generate(clock.wall()));
  }
  void happens(EventType type, int count) {
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) events.push_back(outcome_event(type));
    tell(events);
    follow();
  }
  void follow() {
    advance(1s);
    settle();
  }
  RateSum sum(RateKind kind = RateKind::hard_bounce) const {
    const auto rows = follower->rates().rows();
    const RateRow* const row = find_row(rows, RateScope::campaign, "spring", kind);
    return row == nullptr ? RateSum() : row->sum;
  }
  std::vector<Event> alerts() const {
    std::vector<Event> found;
    const auto all = spool->told(1, 100'000);
    for (const Spool::Told& told : *all) {
      auto event = Event::decode(told.record);
      if (event && event->type == EventType::rate_alert) found.push_back(std::move(*event));
    }
    return found;
  }

  RateWorld world;
  std::unique_ptr<RatesFollower> follower;
  std::vector<std::string> suspended;
  std::vector<std::string> later;
};

TEST_F(RatesFollowerTest, TellsAndStopsTheCampaignOnce) {
  happens(EventType::delivery, 200);
  happens(EventType::bounce, 50);
  EXPECT_EQ(sum(), (RateSum{50, 250}));
  // Nothing more is sent: the windows end all the same.
  for (int i = 0; i < 5; ++i) advance(1min);
  settle();
  std::vector<std::string> told;
  for (const Event& event : alerts()) {
    if (event.campaign == "spring") told.push_back(event.meta.at("level") + event.response);
  }
  EXPECT_THAT(told, ElementsAre(testing::HasSubstr("hard_bounce 20 % (50 of 250 in 1h), page"),
                                testing::HasSubstr("the budget is 5%")));
  EXPECT_THAT(suspended, ElementsAre("campaign spring of tenant acme"));
  for (int i = 0; i < 40; ++i) advance(1min);
  restart();
  for (int i = 0; i < 10; ++i) advance(1min);
  EXPECT_THAT(suspended, SizeIs(1));
}

TEST_F(RatesFollowerTest, CountsEveryEventOnceOverCrashes) {
  for (int round = 1; round <= 3; ++round) {
    happens(EventType::delivery, 10);  // written, or not
    if (round == 2) advance(20s);
    end();
    tell({outcome_event(EventType::bounce)});  // while it is not there
    restart();
    EXPECT_EQ(sum(),
              (RateSum{static_cast<std::uint64_t>(round), static_cast<std::uint64_t>(11 * round)}));
  }
}

TEST_F(RatesFollowerTest, WritesNowAndThen) {
  const std::uint64_t before = follower->position();
  happens(EventType::delivery, 5);
  EXPECT_EQ(follower->position(), before) << "outbox and records agree without it";
  advance(10s);
  settle();
  EXPECT_EQ(follower->position(), spool->last_told());
}

TEST_F(RatesFollowerTest, TellsWarmUpsWhatCameLater) {
  const MessageId id = MessageId::generate(clock.wall());
  tell({outcome_event(EventType::delivery, id)});
  Event complaint = event_of(EventType::complaint);
  complaint.message_id = id.to_string();
  Event bounce = event_of(EventType::oob_bounce);
  bounce.message_id = id.to_string();
  bounce.hard = true;
  tell({complaint, bounce, complaint, bounce});
  follow();
  EXPECT_THAT(later,
              ElementsAre("mail1 yahoo hard=0 complaints=1", "mail1 yahoo hard=1 complaints=0"));
  EXPECT_EQ(sum(), (RateSum{1, 1}));
  EXPECT_EQ(sum(RateKind::complaint), (RateSum{1, 1}));
}

TEST_F(RatesFollowerTest, MovesOnWithTheClockWhenNothingHappens) {
  happens(EventType::bounce, 3);
  EXPECT_EQ(sum(), (RateSum{3, 3}));
  for (int i = 0; i < 62; ++i) advance(1min);
  const auto rows = follower->rates().rows();
  EXPECT_EQ(find_row(rows, RateScope::campaign, "spring", RateKind::hard_bounce, 1h), nullptr);
}

}  // namespace
}  // namespace posthaste
