// A site that nobody can be reached at rests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "deliver/dispatcher_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class RestingSiteTest : public DispatcherTest {
 protected:
  RestingSiteTest() {
    peer.greeting = [](std::size_t) { return "421 4.3.2 busy"; };
    queues[0].retry.first = queues[0].retry.ceiling = 24h;
    queues[0].max_age = 240h;
    open();
    arrive("first@example.com");
    EXPECT_TRUE(fails(1));
  }
  // That so many messages were deferred, and nobody tries any more.
  bool fails(std::size_t times) {
    const bool is_so =
        run_until([&] { return told(EventType::transient_failure).size() >= times; }) &&
        closes_all();
    run();
    return is_so && told(EventType::transient_failure).size() == times;
  }
};

TEST_F(RestingSiteTest, DefersWhatIsThereAndKeepsWhatComesUntilTheRestEnds) {
  EXPECT_EQ(told(EventType::transient_failure)[0].response, "421 4.3.2 busy");
  const std::size_t tries = peer.connections;
  arrive("second@example.com");
  EXPECT_EQ(state("example.com")->waits_for, "421 4.3.2 busy");
  EXPECT_EQ(state("example.com")->waits_until, clock.wall() + 60s);
  peer.greeting = [](std::size_t) { return "220 mx.test"; };
  advance(59s);
  EXPECT_EQ(dispatcher->open_connections(), 0U);
  EXPECT_EQ(peer.connections, tries);
  advance(1s);
  EXPECT_TRUE(delivers(1));
  EXPECT_THAT(peer.taken, ElementsAre("second@example.com"));
}

TEST_F(RestingSiteTest, RestsTwiceAsLongEachTimeUpToTheCeiling) {
  std::vector<Clock::duration> rests;
  for (std::size_t times = 2; times < 7; ++times) {
    arrive("again@example.com");
    rests.push_back(*manager->rest_of(manager->list().at(0).site)->until - clock.now());
    advance(rests.back());
    ASSERT_TRUE(fails(times));
  }
  EXPECT_THAT(rests, ElementsAre(60s, 120s, 240s, 480s, 15min));
}

TEST_F(RestingSiteTest, ForgetsFailuresWhenTheSiteIsReached) {
  arrive("second@example.com");
  peer.greeting = [](std::size_t) { return "220 mx.test"; };
  advance(60s);
  ASSERT_TRUE(delivers(1));
  for (int second = 0; second < 6; ++second) advance(1s);
  ASSERT_TRUE(closes_all());
  peer.greeting = [](std::size_t) { return "421 4.3.2 busy"; };
  arrive("third@example.com");
  ASSERT_TRUE(fails(2));
  arrive("fourth@example.com");
  EXPECT_EQ(state("example.com")->waits_until, clock.wall() + 60s);
}

TEST_F(RestingSiteTest, ForgetsASiteThatNobodyWritesToAnyMore) {
  advance(15min);
  EXPECT_EQ(dispatcher->remembered_sites(), 1U) << "its next rest would be longer";
  advance(61s);
  EXPECT_EQ(dispatcher->remembered_sites(), 0U);
  arrive("second@example.com");
  EXPECT_TRUE(fails(2));
}

TEST_F(RestingSiteTest, TriesAtOnceWhatIsFlushed) {
  peer.greeting = [](std::size_t) { return "220 mx.test"; };
  advance(1s);
  manager->flush([](const QueueState&) { return true; });
  EXPECT_TRUE(delivers(1));
  EXPECT_THAT(peer.taken, ElementsAre("first@example.com"));
}

}  // namespace
}  // namespace posthaste
