#include "deliver/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "deliver/dispatcher_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// --- delivery

TEST_F(DispatcherTest, DeliversWhatIsReadyInOrder) {
  add_source("s1").connections = 1;
  open();
  arrive({message_to("a@example.com"), message_to("b@example.com"), message_to("c@example.com")});
  ASSERT_TRUE(delivers(3));
  EXPECT_THAT(peer.taken, ElementsAre("a@example.com", "b@example.com", "c@example.com"));
  EXPECT_EQ(depth("example.com"), 0U);
  EXPECT_EQ(told(EventType::delivery)[0].response, "250 2.0.0 queued");
}

TEST_F(DispatcherTest, DefersWhatThePeerDefers) {
  open();
  peer.answer = "451 4.3.0 later";
  arrive("a@example.com");
  ASSERT_TRUE(run_until([this] { return !told(EventType::transient_failure).empty(); }));
  run();
  EXPECT_EQ(state("example.com")->next_due, clock.wall() + 10min);
  peer.answer = "250 ok";
  advance(10min + 1s);
  EXPECT_TRUE(run_until([this] { return peer.taken.size() == 2; }));
}

TEST_F(DispatcherTest, LoadsABodyThatMemoryHadNoRoomFor) {
  open();
  QueuedMessage message = message_to("a@example.com");
  keep({message});
  message.body = nullptr;
  manager->handed_over({message});
  EXPECT_TRUE(delivers(1));
}

TEST_F(DispatcherTest, DefersAMessageWhoseBodyCannotBeRead) {
  open();
  QueuedMessage message = message_to("a@example.com");
  message.body = nullptr;  // nor is it in the spool
  manager->handed_over({message});
  ASSERT_TRUE(run_until([this] { return !told(EventType::transient_failure).empty(); }));
  EXPECT_EQ(told(EventType::transient_failure)[0].enhanced_status, "4.3.0");
  EXPECT_THAT(peer.taken, IsEmpty());
}

TEST_F(DispatcherTest, SendsNothingToWhoWasSuppressedMeanwhile) {
  open();
  Suppression entry;
  entry.address = *MailAddress::parse("a@example.com");
  entry.since = clock.wall();
  SpoolChanges changes;
  changes.list.push_back({suppression_key(entry.address, {}, ""), suppression_value(entry)});
  spool->write(std::move(changes), [] {});
  arrive({message_to("a@example.com"), message_to("b@example.com")});
  ASSERT_TRUE(delivers(1));
  EXPECT_THAT(peer.taken, ElementsAre("b@example.com"));
  ASSERT_THAT(told(EventType::suppressed), SizeIs(1));
  EXPECT_EQ(told(EventType::suppressed)[0].recipient, "a@example.com");
  EXPECT_EQ(depth("example.com"), 0U);
}

// --- how many connections

TEST_F(DispatcherTest, OpensNoMoreConnectionsThanThereIsMail) {
  peer.holds = true;
  open();
  arrive("a@example.com");
  ASSERT_TRUE(run_until([this] { return peer.held() == 1; }));
  EXPECT_EQ(dispatcher->open_connections(), 1U);
  arrive("b@example.com");
  ASSERT_TRUE(run_until([this] { return peer.held() == 2; }));
  EXPECT_EQ(dispatcher->open_connections(), 2U);
  peer.release();
  EXPECT_TRUE(delivers(2));
  EXPECT_EQ(peer.connections, 2U);
}

TEST_F(DispatcherTest, OpensAsManyConnectionsAsTheGovernorAllowsAndNoMore) {
  add_source("s1").connections = 3;
  peer.holds = true;
  open();
  arrive_many(40);
  ASSERT_TRUE(run_until([this] { return peer.held() == 3; }));
  EXPECT_EQ(dispatcher->open_connections(), 3U);
  peer.release();
  EXPECT_TRUE(delivers(40));
  EXPECT_EQ(peer.most_open, 3U);
}

TEST_F(DispatcherTest, AsksASiteCarefullyUntilItAnswers) {
  peer.greeting = [](std::size_t) { return ""; };
  peer.holds = true;
  open();
  arrive_many(40);
  ASSERT_TRUE(run_until([this] { return peer.open() == 2; }));
  EXPECT_EQ(dispatcher->open_connections(), 2U);
  peer.greeting = [](std::size_t) { return "220 mx.test"; };
  peer.greet_those_who_wait();
  EXPECT_TRUE(run_until([this] { return peer.held() > 4; })) << "then it grows";
  peer.release();
  EXPECT_TRUE(delivers(40));
}

TEST_F(DispatcherTest, WaitsForTheRateOfConnections) {
  SourceConfig& source = add_source("s1");
  source.connection_rate = *Rate::parse("1/min");
  source.messages_per_connection = 1;
  open();
  arrive({message_to("a@example.com"), message_to("b@example.com")});
  ASSERT_TRUE(delivers(1));
  ASSERT_TRUE(closes_all());
  advance(59s);
  EXPECT_EQ(dispatcher->open_connections(), 0U);
  advance(2s);
  EXPECT_TRUE(delivers(2));
}

TEST_F(DispatcherTest, WaitsForTheRateOfMessagesWithTheConnectionOpen) {
  SourceConfig& source = add_source("s1");
  source.message_rate = *Rate::parse("1/min");
  source.connections = 1;
  config->idle_timeout = 10min;
  open();
  arrive({message_to("a@example.com"), message_to("b@example.com")});
  ASSERT_TRUE(delivers(1));
  advance(59s);
  EXPECT_TRUE(delivers(1));
  advance(2s);
  EXPECT_TRUE(delivers(2));
  EXPECT_EQ(peer.connections, 1U);
}

TEST_F(DispatcherTest, AsksAgainWhenASuspensionEnds) {
  open();
  governor->suspend(
      {.scope = {.tenant = "acme"}, .since = {}, .until = {}, .reason = "", .by = ""});
  arrive("a@example.com");
  EXPECT_EQ(dispatcher->open_connections(), 0U);
  EXPECT_EQ(ready(manager->list().at(0).site.value()), 1U);
  governor->resume({});
  dispatcher->ask_again();
  EXPECT_TRUE(delivers(1));
}

// Others are open, or will be: it is no failure of the site, and no message's.
TEST_F(DispatcherTest, GoesOnWithTheConnectionsThatThePeerGrants) {
  peer.greeting = [](std::size_t number) {
    return number == 1 ? "220 mx.test" : "421 4.7.0 too many connections";
  };
  open();
  arrive("first@example.com");
  ASSERT_TRUE(delivers(1));
  arrive_many(40);
  EXPECT_TRUE(delivers(41));
  EXPECT_THAT(told(EventType::transient_failure), IsEmpty());
}

TEST_F(DispatcherTest, WaitsForAConnectionThatIsOnItsWayWhenThePeerGrantsNoOther) {
  peer.greeting = [](std::size_t number) {
    return number == 1 ? "" : "421 4.7.0 too many connections";
  };
  open();
  arrive_many(40);
  ASSERT_TRUE(run_until([this] { return peer.connections == 2 && peer.open() == 1; }));
  run();
  EXPECT_THAT(told(EventType::transient_failure), IsEmpty());
  EXPECT_EQ(peer.connections, 2U) << "it is not asked for more meanwhile";
  peer.greet_those_who_wait();
  EXPECT_TRUE(delivers(40));
}

// --- idle connections

TEST_F(DispatcherTest, KeepsAConnectionForMailThatComesSoon) {
  open();
  arrive("a@example.com");
  ASSERT_TRUE(delivers(1));
  advance(4s);
  EXPECT_EQ(dispatcher->open_connections(), 1U);
  arrive("b@example.com");
  ASSERT_TRUE(delivers(2));
  EXPECT_EQ(peer.connections, 1U);
}

TEST_F(DispatcherTest, ClosesAConnectionThatIsIdle) {
  open();
  arrive("a@example.com");
  ASSERT_TRUE(delivers(1));
  for (int second = 0; second < 4; ++second) advance(1s);
  EXPECT_EQ(dispatcher->open_connections(), 1U);
  advance(1s);
  advance(1s);
  EXPECT_TRUE(closes_all());
  arrive("b@example.com");
  EXPECT_TRUE(delivers(2)) << "over another";
}

// --- hosts that fail

TEST_F(DispatcherTest, TriesAnotherHostWhenOneFails) {
  send_to({&peer, &second});
  peer.greeting = [](std::size_t) { return "554 5.3.2 no mail here"; };
  open();
  arrive("a@example.com");
  EXPECT_TRUE(delivers(1, second));
  EXPECT_EQ(told(EventType::delivery)[0].peer_address, "127.0.0.1");
  EXPECT_THAT(told(EventType::transient_failure), IsEmpty());
}

TEST_F(DispatcherTest, TriesAnotherHostWhenNobodyListens) {
  send_to({&peer, &second});
  peer.stop_listening();
  open();
  arrive("a@example.com");
  EXPECT_TRUE(delivers(1, second));
}

// --- sources

class SharedSourcesTest : public DispatcherTest {
 protected:
  SharedSourcesTest() {
    PoolConfig pool;
    pool.name = "default";
    pool.members = {{"s1", 3, {}}, {"s2", 1, {}}};
    pools = {pool};
    add_source("s1");
    add_source("s2");
  }
  std::map<std::string, std::size_t> carried() const {
    std::map<std::string, std::size_t> carried;
    for (const Event& event : told(EventType::delivery)) ++carried[event.source];
    return carried;
  }
};

TEST_F(SharedSourcesTest, SharesMailByTheWeightsOfThePool) {
  open();
  arrive_many(600);
  ASSERT_TRUE(delivers(600));
  // The one may be ahead of the other by some messages.
  EXPECT_NEAR(static_cast<double>(carried()["s1"]), 450, 60);
}

TEST_F(SharedSourcesTest, SendsFromAnotherSourceWhatOneMayNotSend) {
  open();
  governor->suspend({.scope = {.source = "s1"}, .since = {}, .until = {}, .reason = "", .by = ""});
  arrive_many(20);
  ASSERT_TRUE(delivers(20));
  EXPECT_EQ(carried()["s2"], 20U);
}

// --- the end

TEST_F(DispatcherTest, FinishesWhatIsOnItsConnectionsAndOpensNoneWhenItDrains) {
  add_source("s1").connections = 1;
  peer.holds = true;
  open();
  arrive("a@example.com");
  ASSERT_TRUE(run_until([this] { return peer.held() == 1; }));
  arrive("b@example.com");
  drain(30s);
  arrive("c@example.com");
  advance(1s);
  EXPECT_FALSE(is_drained);
  peer.release();
  EXPECT_TRUE(pass_time_until([this] { return is_drained; }));
  EXPECT_THAT(peer.taken, ElementsAre("a@example.com"));
  EXPECT_EQ(peer.connections, 1U);
  run();
  EXPECT_EQ(depth("example.com"), 2U);
}

TEST_F(DispatcherTest, ClosesIdleConnectionsAtOnceWhenItDrains) {
  open();
  arrive("a@example.com");
  ASSERT_TRUE(delivers(1));
  const auto began = clock.now();
  drain(30s);
  EXPECT_TRUE(pass_time_until([this] { return is_drained; }));
  EXPECT_LT(clock.now() - began, 30s);
  EXPECT_EQ(dispatcher->open_connections(), 0U);
}

TEST_F(DispatcherTest, CutsOffAtTheDeadlineWhatDoesNotEndAndLosesNoMessage) {
  peer.holds = true;
  open();
  arrive("a@example.com");
  ASSERT_TRUE(run_until([this] { return peer.held() == 1; }));
  drain(30s);
  advance(29s);
  EXPECT_FALSE(is_drained);
  EXPECT_EQ(dispatcher->open_connections(), 1U);
  advance(1s);
  EXPECT_TRUE(pass_time_until([this] { return is_drained; }));
  EXPECT_EQ(dispatcher->open_connections(), 0U);
  EXPECT_THAT(told(EventType::delivery), IsEmpty());
  EXPECT_EQ(depth("example.com"), 1U);
}

TEST_F(DispatcherTest, CutsOffAtTheDeadlineWhoNeverGreets) {
  peer.greeting = [](std::size_t) { return ""; };
  open();
  arrive("a@example.com");
  ASSERT_TRUE(run_until([this] { return peer.open() == 1; }));
  drain(30s);
  advance(30s);
  EXPECT_TRUE(pass_time_until([this] { return is_drained; }));
  EXPECT_THAT(told(EventType::transient_failure), IsEmpty());
}

}  // namespace
}  // namespace posthaste
