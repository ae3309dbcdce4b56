// What operators order of queues; queue_order.h says what an order is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "queue/queue_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class QueueOrdersTest : public QueueTest {
 protected:
  QueueOrdersTest() {
    queues.push_back(queues[0]);
    queues.back().name = "slow";
  }

  QueueManager::Touched order(QueueOrder::Kind kind, MailScope scope = of_example()) {
    QueueOrder order;
    order.kind = kind;
    order.scope = std::move(scope);
    order.reason = "the campaign was wrong";
    order.to = kind == QueueOrder::Kind::rebind ? "slow" : "";
    const QueueManager::Touched touched = manager->give_order(std::move(order));
    run();
    return touched;
  }
  QueueManager::Touched bounce() { return order(QueueOrder::Kind::bounce); }
  QueueManager::Touched rebind() { return order(QueueOrder::Kind::rebind); }
  static MailScope of_example() {
    MailScope scope;
    scope.domain = "example.com";
    return scope;
  }

  std::vector<std::string> bounced() const {
    std::vector<std::string> recipients;
    for (const Event& event : told(EventType::admin_bounce)) recipients.push_back(event.recipient);
    std::sort(recipients.begin(), recipients.end());
    return recipients;
  }
  // That nothing stands in the spool either, once it has been looked at.
  bool is_done() {
    advance(1s);
    const auto records = spool->scan_state("queue/order/");
    return manager->orders().empty() && records->empty();
  }
};

// --- bounce

TEST_F(QueueOrdersTest, EndsWhatWaitsInMemoryAndOnDisk) {
  start();
  arrive_and_defer("deferred@example.com");
  arrive("ready@example.com");
  arrive("other@other.test");
  const QueueManager::Touched touched = bounce();
  EXPECT_EQ(touched.queues, 1U);
  EXPECT_EQ(touched.messages, 2U);
  EXPECT_THAT(bounced(), ElementsAre("deferred@example.com", "ready@example.com"));
  const Event event = told(EventType::admin_bounce)[0];
  EXPECT_EQ(event.response, "the campaign was wrong");
  EXPECT_EQ(depth("example.com"), 0U);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(take_names("mx.other.test"), ElementsAre("other"));
  EXPECT_EQ(depth("sender.test"), 0U) << "senders are told only where it was asked for";
  EXPECT_TRUE(is_done());
}

TEST_F(QueueOrdersTest, TellsSendersWhereItWasAskedFor) {
  start();
  arrive("a@example.com");
  QueueOrder order;
  order.scope = of_example();
  order.notifies = true;
  manager->give_order(order);
  run();
  EXPECT_EQ(depth("sender.test"), 1U);
}

TEST_F(QueueOrdersTest, DoesNotMeanMailThatComesLater) {
  start();
  arrive("early@example.com");
  const QueuedMessage early = take_one();
  bounce();
  clock.advance(1ms);
  arrive("later@example.com");
  EXPECT_THAT(manager->orders(), SizeIs(1)) << "for what is on a connection";
  EXPECT_THAT(take_names(), ElementsAre("later"));
  EXPECT_THAT(bounced(), IsEmpty());
  settle(early, End::delivered);
  EXPECT_THAT(told(EventType::delivery), SizeIs(1)) << "what was delivered meanwhile, was";
}

TEST_F(QueueOrdersTest, EndsWhatComesBackFromAConnection) {
  start();
  for (const char* name : {"deferred", "untried", "delivered"}) {
    arrive(std::string(name) + "@example.com");
  }
  auto taken = take();
  ASSERT_THAT(taken, SizeIs(3));
  bounce();
  EXPECT_THAT(bounced(), IsEmpty());
  settle(taken[0], End::deferred);
  EXPECT_THAT(bounced(), ElementsAre("deferred@example.com"));
  settle(taken[2], End::delivered);
  manager->put_back({taken[1]});
  run();
  EXPECT_EQ(ready(), 0U);
  EXPECT_THAT(bounced(), ElementsAre("deferred@example.com", "untried@example.com"));
  EXPECT_TRUE(is_done());
}

// It waits at a site of its own.
TEST_F(QueueOrdersTest, EndsMailThatDemandsSomethingOfTls) {
  start();
  QueuedMessage demanding = message_to("a@example.com");
  demanding.envelope.require_tls = true;
  arrive({demanding});
  ASSERT_EQ(ready("mx.example.com;requiretls"), 1U);
  bounce();
  EXPECT_EQ(ready("mx.example.com;requiretls"), 0U);
  EXPECT_THAT(bounced(), ElementsAre("a@example.com"));
}

// The domain has moved since, or cannot be looked up any more.
TEST_F(QueueOrdersTest, EndsMailThatWaitsAtAnEarlierSite) {
  start();
  arrive("a@example.com");
  ASSERT_EQ(ready("mx.example.com"), 1U);
  resolver.replace("example.com. MX 10 new.example.com.\nnew.example.com. A 192.0.2.9\n");
  advance(1h);
  arrive("b@example.com");
  ASSERT_EQ(ready("new.example.com"), 1U);
  ASSERT_EQ(ready("mx.example.com"), 1U);
  bounce();
  EXPECT_THAT(bounced(), ElementsAre("a@example.com", "b@example.com"));
}

TEST_F(QueueOrdersTest, EndsWhatWaitsBecauseItsDomainIsNotFound) {
  start();
  arrive("first@broken.test");
  arrive("second@broken.test");
  ASSERT_EQ(state("broken.test")->in_memory, 1U);
  MailScope scope;
  scope.domain = "broken.test";
  order(QueueOrder::Kind::bounce, scope);
  EXPECT_THAT(bounced(), ElementsAre("first@broken.test", "second@broken.test"));
}

TEST_F(QueueOrdersTest, GoesOnAfterARestart) {
  start();
  arrive_and_defer("deferred@example.com");
  arrive("taken@example.com");
  const QueuedMessage taken = take_one();
  // The order is on disk, and the server ends before anything else is.
  QueueOrder order;
  order.scope = of_example();
  manager->give_order(order);
  restart();
  EXPECT_THAT(bounced(), ElementsAre("deferred@example.com", "taken@example.com"));
  EXPECT_TRUE(is_done());
}

TEST_F(QueueOrdersTest, NumbersAnOrderAfterThoseOfBefore) {
  start();
  arrive("a@example.com");
  take_one();
  bounce();
  ASSERT_THAT(manager->orders(), SizeIs(1));
  arrive("b@other.test");
  take_one("mx.other.test");
  MailScope scope;
  scope.domain = "other.test";
  order(QueueOrder::Kind::bounce, scope);
  const auto orders = manager->orders();
  ASSERT_THAT(orders, SizeIs(2));
  EXPECT_NE(orders[0].number, orders[1].number);
  EXPECT_THAT(*spool->scan_state("queue/order/"), SizeIs(2));
}

// A connection that never says anything does not keep an order for ever.
TEST_F(QueueOrdersTest, ForgetsAnOrderWhenWhatWasOnAConnectionMustHaveComeBack) {
  start();
  arrive("a@example.com");
  take_one();
  bounce();
  advance(10min);
  EXPECT_THAT(manager->orders(), SizeIs(1));
  EXPECT_TRUE(is_done()) << "a second later";
}

// --- rebind

TEST_F(QueueOrdersTest, MovesWhatWaitsIntoAnotherClassAndMakesItDueThere) {
  start();
  arrive_and_defer("deferred@example.com");
  arrive("ready@example.com");
  EXPECT_EQ(rebind().messages, 2U);
  EXPECT_EQ(depth("example.com", "outbound"), 0U);
  EXPECT_EQ(depth("example.com", "slow"), 2U);
  const auto taken = take();
  EXPECT_THAT(names_of(taken), testing::UnorderedElementsAre("deferred", "ready"));
  for (const QueuedMessage& one : taken) EXPECT_EQ(one.queue.remote_queue, "slow");
  EXPECT_TRUE(is_done());
}

TEST_F(QueueOrdersTest, MovesWhatComesBackFromAConnection) {
  start();
  for (const char* name : {"deferred", "untried"}) arrive(std::string(name) + "@example.com");
  auto taken = take();
  rebind();
  settle(taken[0], End::deferred);
  manager->put_back({taken[1]});
  run();
  const auto moved = take();
  EXPECT_THAT(names_of(moved), testing::UnorderedElementsAre("deferred", "untried"));
  for (const QueuedMessage& one : moved) EXPECT_EQ(one.queue.remote_queue, "slow");
}

TEST_F(QueueOrdersTest, KeepsInItsNewClassWhatWasMovedWhenTheServerRestarts) {
  start();
  arrive_and_defer("a@example.com");
  rebind();
  restart();
  const QueuedMessage moved = take_one();
  EXPECT_EQ(moved.queue.remote_queue, "slow");
  EXPECT_EQ(moved.attempts, 1U);
  settle(moved, End::delivered);
  EXPECT_TRUE(spool->due_page(moved.queue, {}, WallTime::max(), 10)->entries.empty());
}

// --- at the start

TEST_F(QueueOrdersTest, IsAboutWhatIsOnDiskAlsoWhenItComesBeforeThatIsFound) {
  keep({message_to("a@example.com"), message_to("b@other.test")});
  begin();
  EXPECT_EQ(bounce().queues, 0U) << "none is known yet";
  EXPECT_THAT(bounced(), ElementsAre("a@example.com"));
  EXPECT_THAT(take_names("mx.other.test"), ElementsAre("b"));
  EXPECT_TRUE(is_done());
}

TEST_F(QueueOrdersTest, HasANumberThatNoEarlierOneHas) {
  start();
  arrive("a@example.com");
  take();  // on a connection, so that the order goes on
  bounce();
  ASSERT_THAT(manager->orders(), SizeIs(1));
  const std::uint64_t first = manager->orders()[0].number;
  stop();
  open_spool();
  begin();
  QueueOrder order;
  order.scope.domain = "other.test";
  manager->give_order(std::move(order));
  ASSERT_THAT(manager->orders(), SizeIs(2));
  EXPECT_EQ(manager->orders()[0].number, first);
  EXPECT_GT(manager->orders()[1].number, first);
  run();
}

// --- what it is about

TEST_F(QueueOrdersTest, SaysWhatItIsAbout) {
  start();
  arrive("a@example.com");
  arrive("b@other.test");
  arrive({message_to("c@other.test", "slow")});
  MailScope scope;
  scope.remote_queue = "outbound";
  EXPECT_EQ(manager->count(scope).queues, 2U);
  scope.domain = "other.test";
  EXPECT_EQ(manager->count(scope).queues, 1U);
  EXPECT_EQ(manager->count(scope).messages, 1U);
  scope.tenant = "somebody";
  EXPECT_EQ(manager->count(scope).queues, 0U);
  EXPECT_EQ(order(QueueOrder::Kind::bounce, scope).queues, 0U);
  EXPECT_THAT(manager->orders(), IsEmpty()) << "it is about nothing";
}

}  // namespace
}  // namespace posthaste
