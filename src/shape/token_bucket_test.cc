#include "shape/token_bucket.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <random>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, GrantsAtOnceWithoutALimit) {
  ManualClock clock;
  TokenBucket bucket(clock, Rate());
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(bucket.take_or_wait_until());
}

TEST(TokenBucket, PacesTenThousandAnHourEvenly) {
  ManualClock clock;
  TokenBucket bucket(clock, *Rate::parse("10000/hour"));
  EXPECT_FALSE(bucket.take_or_wait_until());
  const auto next = bucket.take_or_wait_until();
  ASSERT_TRUE(next);
  EXPECT_GE(*next - clock.now(), 360ms);
  EXPECT_LE(*next - clock.now(), 361ms);
  clock.advance(*next - clock.now());
  EXPECT_FALSE(bucket.take_or_wait_until());
}

TEST(TokenBucket, SavesNothingUpWhileIdle) {
  ManualClock clock;
  TokenBucket bucket(clock, *Rate::parse("10/s"));
  EXPECT_FALSE(bucket.take_or_wait_until());
  clock.advance(1h);
  EXPECT_FALSE(bucket.take_or_wait_until());
  EXPECT_TRUE(bucket.take_or_wait_until());
}

// Random traffic and random delays of timers: no window of one period ever holds more grants than
// the rate says, and under full demand nearly all of the rate is used.
TEST(TokenBucket, NeverExceedsTheRateInAnyWindow) {
  for (const char* text : {"1/s", "7/s", "100/s", "1000/s", "90/min", "10000/hour"}) {
    const Rate rate = *Rate::parse(text);
    for (unsigned seed = 1; seed <= 5; ++seed) {
      std::mt19937_64 random(seed);
      ManualClock clock;
      TokenBucket bucket(clock, rate);
      std::deque<Clock::time_point> grants;
      for (int i = 0; i < 20'000; ++i) {
        const auto wait = bucket.take_or_wait_until();
        if (wait) {
          // The timer comes late, by up to 10 ms.
          const auto late = std::chrono::microseconds(random() % 4 == 0 ? random() % 10'000 : 0);
          clock.advance(*wait - clock.now() + late);
          continue;
        }
        grants.push_back(clock.now());
        while (clock.now() - grants.front() >= rate.period()) grants.pop_front();
        ASSERT_LE(grants.size(), rate.count()) << text << " seed " << seed;
        if (random() % 1000 == 0) clock.advance(rate.period() * (random() % 3));
      }
    }
  }
}

TEST(TokenBucket, UsesTheRateUnderFullDemand) {
  ManualClock clock;
  TokenBucket bucket(clock, *Rate::parse("100/s"));
  int grants = 0;
  const auto end = clock.now() + 60s;
  while (clock.now() < end) {
    if (const auto wait = bucket.take_or_wait_until()) {
      clock.advance(*wait - clock.now() + 1ms);
    } else {
      ++grants;
    }
  }
  EXPECT_GE(grants, 60 * 100 * 99 / 100);
  EXPECT_LE(grants, 60 * 100 + 1);
}

}  // namespace
}  // namespace posthaste
