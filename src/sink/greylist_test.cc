#include "sink/greylist.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

class GreylistTest : public testing::Test {
 protected:
  bool accepts(const char* client = "192.0.2.1", const char* sender = "a@from.test",
               const char* recipient = "b@to.test") {
    return greylist.accepts(client, sender, recipient, now);
  }

  Greylist greylist{GreylistConfig{.after = 5min, .forget = 24h}};
  Clock::time_point now{};
};

TEST_F(GreylistTest, TakesWhoComesAgainNotTooSoon) {
  EXPECT_FALSE(accepts());
  now += 5min - 1ms;
  EXPECT_FALSE(accepts());
  now += 1ms;
  EXPECT_TRUE(accepts());
  EXPECT_TRUE(accepts());
}

TEST_F(GreylistTest, KnowsASenderByAllThree) {
  EXPECT_FALSE(accepts());
  now += 5min;
  EXPECT_FALSE(accepts("192.0.2.2"));
  EXPECT_FALSE(accepts("192.0.2.1", "other@from.test"));
  EXPECT_FALSE(accepts("192.0.2.1", "a@from.test", "other@to.test"));
  EXPECT_TRUE(accepts());
}

TEST_F(GreylistTest, ForgetsWhoStaysAway) {
  accepts();
  now += 5min;
  EXPECT_TRUE(accepts());
  now += 24h - 1ms;
  EXPECT_TRUE(accepts());
  now += 24h;
  EXPECT_FALSE(accepts());
}

}  // namespace
}  // namespace posthaste
