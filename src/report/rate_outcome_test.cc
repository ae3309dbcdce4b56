#include "report/rate_outcome.h"

#include <gtest/gtest.h>

#include "report/rate_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

const WallTime kSent = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

class RateOutcomeTest : public testing::Test {
 protected:
  static Event event_of(EventType type, const std::string& recipient = "b@example.com") {
    Event event;
    event.type = type;
    event.time = kSent;
    event.recipient = recipient;
    event.source = "mail1";
    event.provider = "yahoo";
    event.tenant = "acme";
    event.campaign = "spring";
    return event;
  }
  // A report of one that names nothing but message and recipient.
  static Event report_of(EventType type, const std::string& recipient = "b@example.com") {
    Event event;
    event.type = type;
    event.time = kSent + 5h;
    event.recipient = recipient;
    if (type == EventType::oob_bounce) event.hard = true;
    return event;
  }
  std::optional<RateOutcome> outcome(const Event& event,
                                     const std::vector<Event>& earlier = {}) const {
    return outcome_of(event, earlier, *rules);
  }

  std::shared_ptr<const RateRules> rules = RateWorld().rules();
};

TEST_F(RateOutcomeTest, CountsMessagesThatEndOnce) {
  const auto delivered = outcome(event_of(EventType::delivery));
  ASSERT_TRUE(delivered);
  EXPECT_EQ(delivered->ended, 1U);
  EXPECT_EQ(delivered->attempts, 1U);
  EXPECT_EQ(delivered->hard + delivered->soft + delivered->deferred, 0U);

  Event bounce = event_of(EventType::bounce);
  EXPECT_EQ(outcome(bounce)->soft, 1U) << "policy, content and the like";
  bounce.hard = true;
  EXPECT_EQ(outcome(bounce)->hard, 1U);
  EXPECT_EQ(outcome(bounce)->ended, 1U);
  EXPECT_EQ(outcome(bounce)->soft, 0U);

  const auto deferred = outcome(event_of(EventType::transient_failure));
  EXPECT_EQ(deferred->ended, 0U) << "not final";
  EXPECT_EQ(deferred->deferred, 1U);
  EXPECT_EQ(deferred->attempts, 1U);
}

TEST_F(RateOutcomeTest, CountsAnExpiryAsSoftAndAsAnAttemptWhereThereWasOne) {
  Event expiry = event_of(EventType::expiration);
  EXPECT_EQ(outcome(expiry)->soft, 1U);
  EXPECT_EQ(outcome(expiry)->deferred, 1U);
  expiry.source.clear();
  EXPECT_EQ(outcome(expiry)->soft, 1U);
  EXPECT_EQ(outcome(expiry)->attempts, 0U);
}

TEST_F(RateOutcomeTest, LeavesOutWhatIsNoVerdictOfAPeer) {
  for (const EventType type :
       {EventType::suppressed, EventType::admin_bounce, EventType::reception, EventType::rejection,
        EventType::deferred_by_limit, EventType::unsubscribe, EventType::limit_changed,
        EventType::rate_alert}) {
    EXPECT_FALSE(outcome(event_of(type))) << to_string(type);
  }
  Event no_dns = event_of(EventType::transient_failure);
  no_dns.source.clear();
  EXPECT_FALSE(outcome(no_dns));
}

TEST_F(RateOutcomeTest, CountsForComplaintsOnlyWhatProvidersTookThatPassThemOn) {
  EXPECT_EQ(outcome(event_of(EventType::delivery))->taken, 1U);
  for (const char* provider : {"google", "apple", "microsoft365", "t-online", ""}) {
    Event delivery = event_of(EventType::delivery);
    delivery.provider = provider;
    EXPECT_EQ(outcome(delivery)->taken, 0U) << provider;
    Event complaint = event_of(EventType::complaint);
    complaint.provider = provider;
    EXPECT_EQ(outcome(complaint)->complaints, 0U) << provider;
    EXPECT_TRUE(outcome(complaint)->is_complaint) << "warm-ups hear of it all the same";
  }
}

TEST_F(RateOutcomeTest, PutsAComplaintToItsDelivery) {
  const std::vector<Event> earlier{event_of(EventType::delivery, "other@example.com"),
                                   event_of(EventType::delivery)};
  const auto complaint = outcome(report_of(EventType::complaint), earlier);
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->time, kSent);
  EXPECT_EQ(complaint->source, "mail1");
  EXPECT_EQ(complaint->provider, "yahoo");
  EXPECT_EQ(complaint->campaign, "spring");
  EXPECT_EQ(complaint->complaints, 1U);
  EXPECT_EQ(complaint->taken, 0U) << "the delivery has counted";
  // Reports may hide the recipient.
  EXPECT_EQ(outcome(report_of(EventType::complaint, ""), earlier)->provider, "yahoo");
}

TEST_F(RateOutcomeTest, CountsALateBounceOfADeliveryWithoutAnotherMessage) {
  const auto late = outcome(report_of(EventType::oob_bounce), {event_of(EventType::delivery)});
  ASSERT_TRUE(late);
  EXPECT_EQ(late->hard, 1U);
  EXPECT_EQ(late->ended, 0U);
  EXPECT_EQ(late->time, kSent);
  EXPECT_TRUE(late->came_later);
  // Whose delivery nobody remembers.
  EXPECT_EQ(outcome(report_of(EventType::oob_bounce))->ended, 1U);
  EXPECT_EQ(outcome(report_of(EventType::oob_bounce))->time, kSent + 5h);
}

TEST_F(RateOutcomeTest, CountsAMessageAndRecipientOnce) {
  const Event delivery = event_of(EventType::delivery);
  for (const EventType type : {EventType::oob_bounce, EventType::complaint}) {
    EXPECT_FALSE(outcome(report_of(type), {delivery, report_of(type)}));
    EXPECT_TRUE(outcome(report_of(type), {delivery, report_of(type, "other@example.com")}));
  }
  EXPECT_FALSE(outcome(report_of(EventType::oob_bounce), {event_of(EventType::bounce)}));
  EXPECT_TRUE(
      outcome(report_of(EventType::complaint), {delivery, report_of(EventType::oob_bounce)}));
}

}  // namespace
}  // namespace posthaste
