#include "route/soft_bounces.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <vector>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

// The rule word for word, over all that happened.
bool is_enough_by_the_book(const std::vector<WallTime>& since_delivery,
                           const SoftBounceRule& rule) {
  std::set<std::chrono::sys_days> days;
  for (const WallTime time : since_delivery)
    days.insert(std::chrono::floor<std::chrono::days>(time));
  return since_delivery.size() >= rule.events && days.size() >= rule.days &&
         since_delivery.back() - since_delivery.front() >= rule.span;
}

TEST(SoftBounces, AreEnoughOverFiveEventsThreeDaysAndFourteenDaysOfTime) {
  const SoftBounceRule rule;
  ManualClock clock;
  SoftBounces soft;
  for (int i = 0; i < 4; ++i) {
    soft.add(clock.wall(), rule);
    clock.advance(120h);
  }
  EXPECT_FALSE(soft.is_enough(rule)) << "four";
  soft.add(clock.wall(), rule);
  EXPECT_TRUE(soft.is_enough(rule)) << "five within 20 days";
}

TEST(SoftBounces, OfOneDayAreNeverEnough) {
  const SoftBounceRule rule;
  ManualClock clock;
  SoftBounces soft;
  for (int i = 0; i < 1000; ++i) {
    soft.add(clock.wall(), rule);
    clock.advance(1min);
  }
  EXPECT_EQ(soft.days, 1U);
  EXPECT_FALSE(soft.is_enough(rule));
}

TEST(SoftBounces, AreForgottenAfterALongTimeWithout) {
  const SoftBounceRule rule;
  ManualClock clock;
  SoftBounces soft;
  for (int i = 0; i < 4; ++i) soft.add(clock.wall() + i * 24h, rule);
  soft.add(clock.wall() + 200 * 24h, rule);
  EXPECT_EQ(soft.events, 1U);
  EXPECT_FALSE(soft.is_enough(rule));
}

TEST(SoftBounces, NeverSuppressWhereTheRuleIsOff) {
  SoftBounceRule rule;
  rule.events = 0;
  SoftBounces soft;
  ManualClock clock;
  for (int i = 0; i < 100; ++i) soft.add(clock.wall() + i * 24h, rule);
  EXPECT_FALSE(soft.is_enough(rule));
}

TEST(SoftBounces, AgreeWithTheRuleWhateverHappens) {
  std::mt19937_64 random(11);
  int suppressed = 0;
  for (int run = 0; run < 2000; ++run) {
    SoftBounceRule rule;
    rule.events = 1 + random() % 8;
    rule.days = 1 + random() % 5;
    rule.span = std::chrono::hours(random() % (24 * 20));
    rule.forget = std::chrono::hours(0);
    ManualClock clock;
    SoftBounces soft;
    std::vector<WallTime> since_delivery;
    for (int step = 0; step < 40; ++step) {
      clock.advance(std::chrono::seconds(random() % (random() % 4 == 0 ? 864'000 : 7'200)));
      if (random() % 12 == 0) {  // a delivery
        soft = {};
        since_delivery.clear();
        continue;
      }
      const WallTime now = std::chrono::floor<std::chrono::seconds>(clock.wall());
      soft.add(now, rule);
      since_delivery.push_back(now);
      // As it is read back from disk.
      soft = SoftBounces::decode(soft.encode());
      ASSERT_EQ(soft.is_enough(rule), is_enough_by_the_book(since_delivery, rule))
          << "run " << run << " step " << step;
      suppressed += soft.is_enough(rule) ? 1 : 0;
    }
  }
  EXPECT_GT(suppressed, 1000);  // the rule was put to the test
}

TEST(SoftBounces, KeepWhenADomainWasMissing) {
  SoftBounces soft;
  ManualClock clock;
  EXPECT_FALSE(SoftBounces::decode(soft.encode()).no_domain);
  soft.no_domain = clock.wall();
  EXPECT_EQ(SoftBounces::decode(soft.encode()).no_domain, clock.wall());
}

TEST(SoftBounces, OfADamagedRecordAreNone) {
  EXPECT_EQ(SoftBounces::decode("").events, 0U);
  EXPECT_EQ(SoftBounces::decode(std::string(19, 'x')).events, 0U);
}

}  // namespace
}  // namespace posthaste
