#include "deliver/limit_waits.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using Place = LimitWaits::Place;

struct Limits {
  ManualClock clock;
  std::shared_ptr<LimitMeter> one = std::make_shared<LimitMeter>(clock, "one", "one");
  std::shared_ptr<LimitMeter> other = std::make_shared<LimitMeter>(clock, "other", "other");

  LimitRefusal by(const std::shared_ptr<LimitMeter>& meter,
                  std::optional<Duration> wait = std::nullopt) const {
    LimitRefusal refusal;
    refusal.meter = meter.get();
    if (wait) refusal.until = clock.now() + *wait;
    return refusal;
  }
};

TEST(LimitWaits, ServesALineInTurnUntilTheLimitSaysNo) {
  Limits limits;
  LimitWaits waits;
  for (const char* name : {"a", "b", "c"}) {
    waits.add(SiteName(name), limits.by(limits.one), Place::last);
  }
  EXPECT_FALSE(waits.take_awake());
  waits.freed(limits.one.get());
  EXPECT_EQ(waits.take_awake(), SiteName("a"));
  waits.add(SiteName("a"), limits.by(limits.one), Place::last);
  EXPECT_FALSE(waits.take_awake()) << "the limit said no";
  waits.freed(limits.one.get());
  EXPECT_EQ(waits.take_awake(), SiteName("b"));
  waits.add(SiteName("b"), limits.by(limits.one), Place::first);
  waits.freed(limits.one.get());
  EXPECT_EQ(waits.take_awake(), SiteName("b")) << "who got nothing keeps his place";
  EXPECT_EQ(waits.take_awake(), SiteName("c"));
  EXPECT_EQ(waits.take_awake(), SiteName("a"));
  EXPECT_FALSE(waits.take_awake());
}

TEST(LimitWaits, WakesALineWhenItsTimeHasCome) {
  Limits limits;
  LimitWaits waits;
  waits.add(SiteName("a"), limits.by(limits.one, 10s), Place::last);
  waits.add(SiteName("b"), limits.by(limits.one, 5s), Place::last);
  EXPECT_EQ(waits.next(), limits.clock.now() + 5s);
  waits.advance(limits.clock.now() + 4s);
  EXPECT_FALSE(waits.take_awake());
  waits.advance(limits.clock.now() + 5s);
  EXPECT_EQ(waits.take_awake(), SiteName("a"));
}

TEST(LimitWaits, LetsASiteWaitForSeveralLimits) {
  Limits limits;
  LimitWaits waits;
  waits.add(SiteName("a"), limits.by(limits.one), Place::last);
  waits.add(SiteName("a"), limits.by(limits.other), Place::last);
  waits.freed(limits.other.get());
  EXPECT_EQ(waits.take_awake(), SiteName("a"));
  waits.freed(limits.one.get());
  EXPECT_EQ(waits.take_awake(), SiteName("a"));
}

TEST(LimitWaits, WakesASiteFromItsRestAtTheEarliestTime) {
  Limits limits;
  LimitWaits waits;
  LimitRefusal rest;
  rest.until = limits.clock.now() + 60s;
  waits.add(SiteName("a"), rest, Place::last);
  rest.until = limits.clock.now() + 30s;
  waits.add(SiteName("a"), rest, Place::last);
  waits.advance(limits.clock.now() + 30s);
  EXPECT_EQ(waits.take_awake(), SiteName("a"));
  waits.advance(limits.clock.now() + 60s);
  EXPECT_FALSE(waits.take_awake());
}

TEST(LimitWaits, WakesEverybodyWhenAsked) {
  Limits limits;
  LimitWaits waits;
  LimitRefusal rest;
  rest.until = limits.clock.now() + 60s;
  waits.add(SiteName("a"), rest, Place::last);
  waits.add(SiteName("b"), limits.by(limits.one, 1h), Place::last);
  waits.wake_all();
  EXPECT_EQ(waits.take_awake(), SiteName("a"));
  EXPECT_EQ(waits.take_awake(), SiteName("b"));
  EXPECT_FALSE(waits.take_awake());
}

}  // namespace
}  // namespace posthaste
