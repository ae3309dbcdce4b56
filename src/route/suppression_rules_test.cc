#include "route/suppression_rules.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

// A list in memory, and events that happen to it as time passes.
class SuppressionRulesTest : public testing::Test {
 protected:
  Event event(EventType type, Classification classification = Classification::none,
              bool hard = false) {
    Event event;
    event.type = type;
    event.time = clock.wall();
    event.recipient = "B@recipient.test";
    event.tenant = "acme";
    event.stream = "news";
    event.peer_host = "mx.recipient.test";
    event.classification = classification;
    event.hard = hard;
    event.smtp_code = 550;
    event.enhanced_status = "5.1.1";
    return event;
  }
  Event hard_bounce() { return event(EventType::bounce, Classification::bad_mailbox, true); }
  Event full() { return event(EventType::transient_failure, Classification::mailbox_full); }
  Event missing_domain() {
    Event one = event(EventType::bounce, Classification::bad_domain, true);
    one.peer_host.clear();
    return one;
  }

  void happens(const Event& event) {
    SuppressionRules rules(config, [this](const std::vector<std::string>& keys) {
      Spool::Found found;
      for (const std::string& key : keys) {
        const auto known = list.find(key);
        found.push_back(known == list.end() ? std::nullopt : std::optional(known->second));
      }
      return found;
    });
    rules.expect({{++sequence, event}});
    rules.apply(sequence, event);
    for (const auto& entry : rules.take_changes()) {
      if (entry.value) {
        list[entry.key] = *entry.value;
      } else {
        list.erase(entry.key);
      }
    }
  }

  std::optional<Suppression> entry_for(const char* tenant, const char* stream) {
    const auto key =
        suppression_key(*MailAddress::parse("b@recipient.test"), TenantId(tenant), stream);
    const auto known = list.find(key);
    if (known == list.end()) return std::nullopt;
    return *decode_suppression(key, known->second);
  }
  bool is_suppressed() {
    const auto entry = entry_for("", "");
    return entry && entry->is_in_force(clock.wall());
  }

  ManualClock clock;
  SuppressionConfig config;
  std::map<std::string, std::string> list;
  std::uint64_t sequence = 0;
};

TEST_F(SuppressionRulesTest, AHardBounceSuppressesAtOnceForEverybody) {
  happens(hard_bounce());
  const auto entry = entry_for("", "");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->reason, SuppressionReason::hard_bounce);
  EXPECT_EQ(entry->text, "550 5.1.1");
  EXPECT_EQ(entry->event, 1U);
  EXPECT_FALSE(entry->until);
}

TEST_F(SuppressionRulesTest, AHardBounceSuppressesForItsTenantWhereConfiguredSo) {
  config.bad_addresses_for = SuppressionReach::tenant;
  happens(hard_bounce());
  EXPECT_TRUE(entry_for("acme", ""));
  EXPECT_FALSE(entry_for("", ""));
}

TEST_F(SuppressionRulesTest, AHardBounceFromAfarDoesTheSame) {
  Event bounce = hard_bounce();
  bounce.type = EventType::oob_bounce;
  bounce.peer_host.clear();
  happens(bounce);
  EXPECT_TRUE(is_suppressed());
}

TEST_F(SuppressionRulesTest, RefusalsThatSpeakOfUsNeverSuppress) {
  for (int day = 0; day < 60; ++day) {
    for (const Classification one :
         {Classification::policy, Classification::spam_block, Classification::spam_content,
          Classification::authentication, Classification::rate_limited, Classification::greylisted,
          Classification::message_too_large, Classification::protocol_error,
          Classification::bad_connection, Classification::tls_failure, Classification::other}) {
      happens(event(EventType::bounce, one));
      happens(event(EventType::transient_failure, one));
    }
    happens(event(EventType::expiration, Classification::rate_limited));
    happens(event(EventType::admin_bounce, Classification::other));
    happens(event(EventType::rejection));
    happens(event(EventType::suppressed));
    clock.advance(24h);
  }
  EXPECT_TRUE(list.empty());
}

TEST_F(SuppressionRulesTest, AFullMailboxIsSuppressedAfterFiveEventsOverFourteenDays) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(is_suppressed()) << i;
    happens(full());
    if (i < 4) clock.advance(4 * 24h);
  }
  ASSERT_TRUE(is_suppressed());
  EXPECT_EQ(entry_for("", "")->reason, SuppressionReason::soft_bounces);
  clock.advance(90 * 24h + 1s);
  EXPECT_FALSE(is_suppressed()) << "it is tried again";
  happens(full());
  EXPECT_TRUE(is_suppressed()) << "the trial failed";
}

TEST_F(SuppressionRulesTest, ADeliveryForgetsWhatWasCounted) {
  for (int i = 0; i < 4; ++i) {
    happens(full());
    clock.advance(5 * 24h);
  }
  happens(event(EventType::delivery));
  EXPECT_TRUE(list.empty());
  happens(full());
  EXPECT_FALSE(is_suppressed());
}

TEST_F(SuppressionRulesTest, ExpiredMailCountsAsAFullMailboxDoes) {
  for (int i = 0; i < 5; ++i) {
    happens(event(EventType::expiration, Classification::bad_connection));
    clock.advance(4 * 24h);
  }
  EXPECT_TRUE(is_suppressed());
}

TEST_F(SuppressionRulesTest, AMissingDomainSuppressesWhenItIsStillMissing) {
  happens(missing_domain());
  clock.advance(10min);
  happens(missing_domain());
  EXPECT_FALSE(is_suppressed()) << "the same hour";
  clock.advance(1h);
  happens(missing_domain());
  EXPECT_TRUE(is_suppressed());
}

TEST_F(SuppressionRulesTest, AMissingDomainThatCameBackBeginsAnew) {
  happens(missing_domain());
  clock.advance(2h);
  happens(event(EventType::delivery));
  happens(missing_domain());
  EXPECT_FALSE(is_suppressed());
}

TEST_F(SuppressionRulesTest, AComplaintAndAnUnsubscriptionHoldForTenantAndStream) {
  happens(event(EventType::unsubscribe));
  ASSERT_TRUE(entry_for("acme", "news"));
  EXPECT_EQ(entry_for("acme", "news")->reason, SuppressionReason::unsubscribe);
  happens(event(EventType::complaint));
  EXPECT_EQ(entry_for("acme", "news")->reason, SuppressionReason::complaint);
  happens(event(EventType::unsubscribe));
  EXPECT_EQ(entry_for("acme", "news")->reason, SuppressionReason::complaint);
  EXPECT_FALSE(entry_for("acme", "bills"));
  EXPECT_FALSE(entry_for("", ""));
}

TEST_F(SuppressionRulesTest, AnEntryThatHoldsForEverIsNotMadeShorter) {
  Suppression manual;
  manual.address = *MailAddress::parse("b@recipient.test");
  manual.since = clock.wall();
  list[suppression_key(manual.address, {}, "")] = suppression_value(manual);
  for (int i = 0; i < 5; ++i) {
    happens(full());
    clock.advance(4 * 24h);
  }
  EXPECT_EQ(entry_for("", "")->reason, SuppressionReason::manual);
}

TEST_F(SuppressionRulesTest, AComplaintEndsNoSoonerThanWhatItTakesThePlaceOf) {
  config.complaints_expire = 30 * 24h;
  config.unsubscribes_expire = 90 * 24h;
  happens(event(EventType::unsubscribe));
  const auto longer = entry_for("acme", "news")->until;
  ASSERT_TRUE(longer);
  happens(event(EventType::complaint));
  EXPECT_EQ(entry_for("acme", "news")->reason, SuppressionReason::complaint);
  EXPECT_EQ(entry_for("acme", "news")->until, longer);
  list.clear();
  config.unsubscribes_expire = 0h;
  happens(event(EventType::unsubscribe));
  happens(event(EventType::complaint));
  EXPECT_EQ(entry_for("acme", "news")->reason, SuppressionReason::complaint);
  EXPECT_FALSE(entry_for("acme", "news")->until);
}

TEST_F(SuppressionRulesTest, EventsOfOneBatchSeeEachOther) {
  SuppressionRules rules(
      config, [](const std::vector<std::string>& keys) { return Spool::Found(keys.size()); });
  std::vector<std::pair<std::uint64_t, Event>> events;
  for (int i = 0; i < 5; ++i) {
    events.emplace_back(i + 1, full());
    clock.advance(4 * 24h);
  }
  rules.expect(events);
  for (const auto& [number, one] : events) rules.apply(number, one);
  EXPECT_EQ(rules.take_changes().size(), 2U) << "the count and the entry";
  EXPECT_TRUE(rules.take_changes().empty());
}

TEST_F(SuppressionRulesTest, AnEventWithoutAnAddressIsPassedOver) {
  Event bounce = hard_bounce();
  bounce.recipient = "not an address";
  happens(bounce);
  EXPECT_TRUE(list.empty());
}

TEST_F(SuppressionRulesTest, CanBeSwitchedOff) {
  config.hard_bounces = false;
  config.complaints = false;
  config.soft_bounces.events = 0;
  happens(hard_bounce());
  happens(event(EventType::complaint));
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace posthaste
