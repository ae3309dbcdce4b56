#include "shape/governor.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const QueueRules> rules(std::uint32_t concurrency, const char* rate) {
  RemoteQueueConfig config;
  config.concurrency = concurrency;
  config.rate = *Rate::parse(rate);
  auto compiled = QueueRules::compile({config});
  return std::make_shared<const QueueRules>(std::move(*compiled));
}

TEST(Governor, HoldsTheConcurrencyOfAClassAndNamesIt) {
  ManualClock clock;
  Governor governor(clock, rules(2, "unlimited"));
  auto first = governor.take_slot("outbound");
  auto second = governor.take_slot("outbound");
  const auto refusal = governor.refusal("outbound");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->limit, "remote_queue \"outbound\" concurrency 2");
  EXPECT_FALSE(refusal->until);
  first.give_back();
  EXPECT_FALSE(governor.refusal("outbound"));
}

TEST(Governor, SaysWhenTheRateLetsTheNextGo) {
  ManualClock clock;
  Governor governor(clock, rules(0, "1/min"));
  EXPECT_FALSE(governor.take_token("outbound"));
  const auto refusal = governor.refusal("outbound");
  ASSERT_TRUE(refusal && refusal->until);
  EXPECT_EQ(refusal->limit, "remote_queue \"outbound\" rate 1/min");
  EXPECT_GE(*refusal->until - clock.now(), 60s);
  EXPECT_LT(*refusal->until - clock.now(), 61s);
}

TEST(Governor, TakesNewLimitsWithoutForgettingWhatIsUnderWay) {
  ManualClock clock;
  Governor governor(clock, rules(5, "unlimited"));
  auto slot = governor.take_slot("outbound");
  governor.set_rules(rules(1, "unlimited"));
  EXPECT_TRUE(governor.refusal("outbound"));
}

}  // namespace
}  // namespace posthaste
