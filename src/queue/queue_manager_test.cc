#include "queue/queue_manager.h"

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

class QueueManagerTest : public QueueTest {};

// --- what was there before the start

TEST_F(QueueManagerTest, GivesOutWhatWasOnDiskBeforeTheStart) {
  keep({message_to("a@example.com"), message_to("b@example.com"), message_to("c@other.test")});
  start();
  const auto taken = take();
  EXPECT_THAT(names_of(taken), testing::UnorderedElementsAre("a", "b"));
  ASSERT_TRUE(taken.at(0).body);
  EXPECT_EQ(*taken[0].body, "Subject: x\r\n\r\nhello\r\n");
  EXPECT_THAT(take_names("mx.other.test"), ElementsAre("c"));
}

TEST_F(QueueManagerTest, GivesOutAfterARestartWhatHadNotCameToItsEnd) {
  start();
  for (const char* name : {"delivered", "deferred", "taken", "waiting"}) {
    arrive(std::string(name) + "@example.com");
  }
  auto taken = take("mx.example.com", 3);
  ASSERT_THAT(names_of(taken), ElementsAre("delivered", "deferred", "taken"));
  settle(taken[0], End::delivered);
  settle(taken[1], End::deferred);
  restart();
  EXPECT_THAT(take_names(), testing::UnorderedElementsAre("taken", "waiting"));
  advance(10min);
  const QueuedMessage deferred = take_one();
  EXPECT_THAT(names_of({deferred}), ElementsAre("deferred"));
  EXPECT_EQ(deferred.attempts, 1U);
}

// --- what is handed over

TEST_F(QueueManagerTest, GivesOutWhatIsHandedOverOnce) {
  start();
  arrive("a@example.com");
  EXPECT_EQ(ready(), 1U);
  const QueuedMessage taken = take_one();
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(state("example.com")->in_memory, 1U) << "until its outcome is on disk";
  settle(taken, End::delivered);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(state("example.com"), std::nullopt) << "an empty queue is forgotten";
  EXPECT_THAT(told(EventType::delivery), SizeIs(1));
}

// More than memory holds: the rest waits on disk and is read in its turn.
TEST_F(QueueManagerTest, GivesOutALongQueueInTheOrderOfDueTimesEachMessageOnce) {
  start();
  clock.advance(1s);
  std::vector<QueuedMessage> messages;
  for (int i = 0; i < 2500; ++i) {
    messages.push_back(message_to("m" + std::to_string(i) + "@example.com"));
    messages.back().due -= std::chrono::microseconds(2500 - i);
  }
  arrive(messages);
  EXPECT_EQ(ready(), ScheduledQueue::kWindow);
  EXPECT_EQ(depth("example.com"), 2500U);
  std::vector<std::string> given;
  for (auto taken = take(); !taken.empty(); taken = take()) {
    for (const QueuedMessage& one : taken) {
      given.push_back(names_of({one}).front());
      commit_settlement(*spool, *manager, settler->settle(one, {{End::delivered, Event()}}));
    }
    run();
  }
  EXPECT_EQ(given, names_of(messages));
  EXPECT_EQ(state("example.com"), std::nullopt);
}

TEST_F(QueueManagerTest, KeepsBackWhatIsHandedOverBeforeItsTime) {
  start();
  QueuedMessage message = message_to("a@example.com");
  message.due += 5min;
  arrive({message});
  EXPECT_EQ(ready(), 0U);
  EXPECT_EQ(state("example.com")->next_due, message.due);
  advance(5min - 1us);
  EXPECT_EQ(ready(), 0U);
  advance(1s);
  EXPECT_EQ(ready(), 1U);
}

// --- what was taken

TEST_F(QueueManagerTest, GivesOutFirstWhatIsPutBack) {
  start();
  for (const char* name : {"a", "b", "c"}) arrive(std::string(name) + "@example.com");
  auto taken = take("mx.example.com", 2);
  ASSERT_THAT(names_of(taken), ElementsAre("a", "b"));
  observer.calls = 0;
  manager->put_back(std::move(taken));
  EXPECT_GT(observer.calls, 0);
  EXPECT_THAT(take_names(), ElementsAre("a", "b", "c"));
}

TEST_F(QueueManagerTest, FindsTheSiteAgainForWhatIsPutBackWhenNobodyServedIt) {
  start();
  arrive("a@example.com");
  auto taken = take();
  manager->forget_site(SiteName("mx.example.com"));
  EXPECT_TRUE(manager->sources_for(SiteName("mx.example.com")).empty());
  manager->put_back(std::move(taken));
  run();
  EXPECT_THAT(take_names(), ElementsAre("a"));
}

TEST_F(QueueManagerTest, GivesOutDeferredMailWhenItsTimeComesAndNotBefore) {
  start();
  arrive_and_defer("a@example.com");
  EXPECT_EQ(state("example.com")->next_due, clock.wall() + 10min);
  advance(10min - 1us);
  EXPECT_EQ(ready(), 0U);
  advance(1s);
  const QueuedMessage again = take_one();
  EXPECT_EQ(again.attempts, 1U);
  settle(again, End::deferred);
  advance(20min - 1us);
  EXPECT_EQ(ready(), 0U) << "the second interval is twice as long";
  advance(1s);
  EXPECT_EQ(ready(), 1U);
}

TEST_F(QueueManagerTest, ExpiresWhatComesBackTooLateAndTellsItsSender) {
  start();
  arrive_and_defer("a@example.com");
  restart();
  advance(25h);
  EXPECT_EQ(ready(), 0U);
  ASSERT_THAT(told(EventType::expiration), SizeIs(1));
  EXPECT_EQ(told(EventType::expiration)[0].recipient, "a@example.com");
  EXPECT_EQ(depth("example.com"), 0U);
  EXPECT_THAT(take_names("mx.sender.test"), ElementsAre("a")) << "a notification to the sender";
}

// --- flush

TEST_F(QueueManagerTest, MakesDueNowWhatIsFlushed) {
  start();
  arrive_and_defer("a@example.com");
  arrive_and_defer("b@other.test");
  advance(1s);
  const auto is_example = [](const QueueState& state) {
    return state.name.domain.ascii() == "example.com";
  };
  EXPECT_EQ(manager->flush(is_example), 1U);
  run();
  EXPECT_EQ(ready("mx.other.test"), 0U);
  const QueuedMessage flushed = take_one();
  settle(flushed, End::deferred);
  EXPECT_EQ(ready(), 0U) << "each message is tried once";
  advance(20min);
  EXPECT_EQ(ready(), 1U);
}

TEST_F(QueueManagerTest, EndsTheRestOfTheSiteOfWhatIsFlushed) {
  start();
  arrive("a@example.com");
  const SiteName site("mx.example.com");
  manager->rest_sources(site, {SourceName("default")}, clock.now() + 1h, {});
  run();
  ASSERT_TRUE(manager->is_resting(site));
  advance(1s);
  manager->flush([](const QueueState&) { return true; });
  run();
  EXPECT_FALSE(manager->is_resting(site));
  EXPECT_THAT(take_names(), ElementsAre("a"));
}

// The page of a read is in memory and its messages are about to be loaded, when the queue's last
// message comes to its end.
TEST_F(QueueManagerTest, SurvivesThatAQueueEndsWhileItIsRead) {
  start();
  arrive("a@example.com");
  const QueuedMessage taken = take_one();
  std::promise<void> may_look;
  std::promise<void> has_looked;
  std::promise<void> may_load;
  disk.submit([&] { may_look.get_future().wait(); });
  manager->flush([](const QueueState&) { return true; });
  loop.settle();
  disk.submit([&] {
    has_looked.set_value();
    may_load.get_future().wait();
  });
  may_look.set_value();
  has_looked.get_future().wait();
  loop.settle();
  commit_settlement(*spool, *manager, settler->settle(taken, {{End::delivered, Event()}}));
  ASSERT_TRUE(spool->sync());
  loop.settle();
  may_load.set_value();
  run();
  EXPECT_EQ(state("example.com"), std::nullopt);
}

// --- how much there is

TEST_F(QueueManagerTest, CountsArrivalsOutcomesAndNotices) {
  queues.push_back(RemoteQueueConfig());
  queues.back().name = "bulk";
  start();
  const WallTime first = clock.wall();
  arrive("a@example.com");
  advance(1min);
  arrive("b@example.com");
  arrive({message_to("c@example.com", "bulk")});
  EXPECT_EQ(depth("example.com"), 2U);
  EXPECT_EQ(depth("example.com", "bulk"), 1U);
  auto totals = manager->totals();
  EXPECT_EQ(totals["outbound"].depth, 2U);
  EXPECT_EQ(totals["outbound"].oldest, first);
  EXPECT_EQ(totals["bulk"].depth, 1U);

  const auto taken = take();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(depth("example.com"), 2U) << "what is on a connection is still ours";
  for (const QueuedMessage& one : taken) {
    const std::string name = names_of({one}).front();
    settle(one, name == "a" ? End::deferred : name == "b" ? End::failed : End::delivered);
  }
  EXPECT_EQ(depth("example.com"), 1U) << "the deferred one";
  EXPECT_EQ(depth("example.com", "bulk"), 0U);
  EXPECT_EQ(depth("sender.test"), 1U) << "the notification of the failed one";
  totals = manager->totals();
  EXPECT_EQ(totals["outbound"].depth, 2U);
  EXPECT_EQ(totals["outbound"].oldest, first);
  EXPECT_EQ(totals["bulk"].depth, 0U);
  EXPECT_EQ(totals["bulk"].oldest, std::nullopt);
}

// --- the end

TEST_F(QueueManagerTest, CountsOnceWhatComesWhileWhatWaitedIsStillCounted) {
  keep({message_to("before@example.com")});
  std::promise<void> gate;
  disk.submit([opened = gate.get_future().share()] { opened.wait(); });
  begin();  // and finds nothing while the disk is held up
  const QueuedMessage message = message_to("after@example.com");
  std::size_t kept = 0;
  tasks.spawn(keep_one(message, kept));
  ASSERT_TRUE(loop.run_until([&] { return kept == 1; }));
  manager->handed_over({message});
  loop.settle();
  EXPECT_FALSE(state("example.com")->is_depth_exact);
  gate.set_value();
  run();
  EXPECT_TRUE(state("example.com")->is_depth_exact);
  EXPECT_EQ(depth("example.com"), 2U);
  EXPECT_THAT(take_names(), ElementsAre("after", "before"));
}

TEST_F(QueueManagerTest, GivesOutNothingMoreOnceItIsStopped) {
  start();
  arrive_and_defer("deferred@example.com");
  arrive("ready@example.com");
  arrive("taken@other.test");
  auto taken = take("mx.other.test");
  manager->stop();
  Refusals refusals;
  const auto cell = governor->cell(SourceName("default"), observer.known.at("mx.example.com"));
  EXPECT_FALSE(manager->has_work_for(SiteName("mx.example.com"), *cell, refusals));
  EXPECT_THAT(take(), IsEmpty());
  observer.calls = 0;
  manager->put_back(std::move(taken));
  arrive("late@example.com");
  EXPECT_EQ(observer.calls, 0);
  manager->flush([](const QueueState&) { return true; });
  advance(1h);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(take("mx.other.test"), IsEmpty());
  restart();
  EXPECT_THAT(take_names(), testing::UnorderedElementsAre("deferred", "ready", "late"));
  EXPECT_THAT(take_names("mx.other.test"), ElementsAre("taken"));
}

}  // namespace
}  // namespace posthaste
