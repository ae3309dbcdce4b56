#include "report/event_tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {
namespace {

using testing::IsNull;
using testing::NotNull;

Event outcome(EventType type, const std::string& domain) {
  Event event;
  event.type = type;
  event.tenant = "acme";
  event.campaign = "spring";
  event.recipient_domain = domain;
  event.queue = "outbound/tenant=acme/campaign=spring/" + domain;
  return event;
}

TEST(EventTally, CountsWhatBecameOfMailByProviderSourceAndQueue) {
  EventTally tally;
  Event delivery = outcome(EventType::delivery, "a.example");
  delivery.provider = "large";
  delivery.source = "bulk";
  tally.count(delivery);
  tally.count(delivery);
  Event deferral = outcome(EventType::transient_failure, "a.example");
  deferral.provider = "large";
  deferral.response = "421 4.7.28 too fast";
  tally.count(deferral);
  tally.count(outcome(EventType::expiration, "b.example"));

  EXPECT_EQ(tally.total().delivered, 2u);
  EXPECT_EQ(tally.total().deferred, 1u);
  EXPECT_EQ(tally.total().failed, 1u);
  EXPECT_EQ(tally.providers().at("large").all(), 3u);
  EXPECT_EQ(tally.providers().at("large").last_failure, "421 4.7.28 too fast");
  EXPECT_EQ(tally.providers().at("default").failed, 1u);
  EXPECT_EQ(tally.sources().at("bulk").delivered, 2u);
  EXPECT_EQ(tally.sources().at("default").all(), 2u);
  const auto* queue = tally.queue("outbound/tenant=acme/campaign=spring/a.example");
  ASSERT_THAT(queue, NotNull());
  EXPECT_EQ(queue->counts.delivered, 2u);
  EXPECT_EQ(queue->counts.deferred, 1u);
  EXPECT_EQ(queue->tenant, "acme");
  EXPECT_EQ(queue->campaign, "spring");
  EXPECT_EQ(queue->domain, "a.example");
}

TEST(EventTally, CountsMessagesThatComeIn) {
  EventTally tally;
  Event event;
  event.type = EventType::reception;
  tally.count(event);
  tally.count(event);
  event.type = EventType::rejection;
  tally.count(event);
  event.type = EventType::open;
  tally.count(event);
  EXPECT_EQ(tally.received(), 2u);
  EXPECT_EQ(tally.rejected(), 1u);
  EXPECT_EQ(tally.total().all(), 0u);
}

TEST(EventTally, SaysWhatKindOfFailureItWasWhereNobodyReplied) {
  EventTally tally;
  Event event = outcome(EventType::transient_failure, "a.example");
  event.classification = Classification::bad_connection;
  tally.count(event);
  EXPECT_EQ(tally.total().last_failure, "bad_connection");
}

TEST(EventTally, NamesTheBusiestQueuesFirst) {
  EventTally tally;
  for (const char* domain : {"b.example", "c.example", "a.example", "c.example", "c.example"}) {
    tally.count(outcome(EventType::delivery, domain));
  }
  const auto two = tally.busiest(2);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0]->domain, "c.example");
  EXPECT_EQ(two[1]->domain, "a.example");
  EXPECT_EQ(tally.busiest(9).size(), 3u);
}

TEST(EventTally, ForgetsTheQueuesThatWereTalkedOfLongestAgo) {
  EventTally tally(4);
  for (const char* domain : {"a.example", "b.example", "c.example", "d.example", "a.example"}) {
    tally.count(outcome(EventType::delivery, domain));
  }
  tally.count(outcome(EventType::delivery, "e.example"));
  const std::string prefix = "outbound/tenant=acme/campaign=spring/";
  for (const char* kept : {"a.example", "e.example"}) {
    EXPECT_THAT(tally.queue(prefix + kept), NotNull()) << kept;
  }
  for (const char* forgotten : {"b.example", "c.example"}) {
    EXPECT_THAT(tally.queue(prefix + forgotten), IsNull()) << forgotten;
  }
  EXPECT_EQ(tally.total().delivered, 6u) << "totals forget nothing";
}

}  // namespace
}  // namespace posthaste
