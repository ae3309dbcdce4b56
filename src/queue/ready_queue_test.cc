#include "queue/ready_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace posthaste {
namespace {

QueuedMessage message(const char* remote_queue, const char* tenant, const char* sender) {
  QueuedMessage message;
  message.queue = {remote_queue, TenantId(tenant), CampaignId(), *Domain::parse("example.com")};
  message.envelope.sender = *ReversePath::parse(sender);
  return message;
}

std::vector<std::string> senders(const std::vector<QueuedMessage>& messages) {
  std::vector<std::string> names;
  for (const auto& one : messages) names.push_back(one.envelope.sender.smtp_form());
  return names;
}

bool always(const ReadyQueue::LaneName&) {
  return true;
}

TEST(ReadyQueue, GivesTheHigherPriorityFirst) {
  ReadyQueue ready;
  ready.push(message("bulk", "a", "bulk@x.test"), {.priority = 1});
  ready.push(message("fast", "a", "fast@x.test"), {.priority = 9});
  EXPECT_EQ(senders(ready.take(1, always)), std::vector<std::string>{"fast@x.test"});
  EXPECT_EQ(ready.size(), 1U);
}

TEST(ReadyQueue, LetsTenantsTakeTurns) {
  ReadyQueue ready;
  for (int i = 0; i < 3; ++i) ready.push(message("q", "big", "big@x.test"), {});
  ready.push(message("q", "small", "small@x.test"), {});
  EXPECT_EQ(senders(ready.take(3, always)),
            (std::vector<std::string>{"big@x.test", "small@x.test", "big@x.test"}));
}

// How many of `count` messages each tenant gets, taken by batches of random size.
std::map<std::string, int> shares(ReadyQueue& ready, int count) {
  std::mt19937 random(7);
  std::map<std::string, int> got;
  while (count > 0) {
    for (const auto& one : ready.take(std::min<std::size_t>(1 + random() % 8, count), always)) {
      ++got[one.queue.tenant.value()];
      --count;
    }
  }
  return got;
}

TEST(ReadyQueue, SharesByWeightHoweverManyQueuesATenantHas) {
  ReadyQueue ready;
  for (int i = 0; i < 4000; ++i) {
    QueuedMessage one = message("q", "many", "x@x.test");
    one.queue.campaign = CampaignId("c" + std::to_string(i % 50));
    one.queue.domain = *Domain::parse("d" + std::to_string(i % 7) + ".example");
    ready.push(std::move(one), {.tenant_weight = 1});
    ready.push(message("q", "one", "x@x.test"), {.tenant_weight = 1});
    ready.push(message("q", "heavy", "x@x.test"), {.tenant_weight = 3});
  }
  const auto got = shares(ready, 5000);
  EXPECT_NEAR(got.at("many"), 1000, 10);
  EXPECT_NEAR(got.at("one"), 1000, 10);
  EXPECT_NEAR(got.at("heavy"), 3000, 10);
}

TEST(ReadyQueue, GivesNobodyWhatHeMissedWhileHeWasHeldBack) {
  ReadyQueue ready;
  for (int i = 0; i < 1000; ++i) {
    ready.push(message("q", "held", "x@x.test"), {});
    ready.push(message("q", "free", "x@x.test"), {});
  }
  const auto only_free = [](const ReadyQueue::LaneName& lane) {
    return lane.queue.tenant.value() == "free";
  };
  EXPECT_EQ(ready.take(400, only_free).size(), 400U);
  const auto got = shares(ready, 100);
  EXPECT_NEAR(got.at("held"), 50, 1);
}

TEST(ReadyQueue, PassesOverALaneThatMayNotSend) {
  ReadyQueue ready;
  ready.push(message("slow", "t", "slow@x.test"), {.priority = 9});
  ready.push(message("free", "t", "free@x.test"), {.priority = 1});
  const auto permit = [](const ReadyQueue::LaneName& lane) {
    return lane.queue.remote_queue != "slow";
  };
  EXPECT_TRUE(ready.any(permit));
  EXPECT_EQ(senders(ready.take(8, permit)), std::vector<std::string>{"free@x.test"});
  EXPECT_FALSE(ready.any(permit));
}

TEST(ReadyQueue, KeepsMailForOneSourceInALaneOfItsOwn) {
  ReadyQueue ready;
  QueuedMessage sticky = message("q", "t", "sticky@x.test");
  sticky.wish.only = "a";
  ready.push(std::move(sticky), {});
  ready.push(message("q", "t", "any@x.test"), {});
  const auto from_b = [](const ReadyQueue::LaneName& lane) { return lane.wish.only != "a"; };
  EXPECT_EQ(senders(ready.take(8, from_b)), std::vector<std::string>{"any@x.test"});
}

TEST(ReadyQueue, PutsBackInFront) {
  ReadyQueue ready;
  ready.push(message("q", "t", "second@x.test"), {});
  ready.push_front(message("q", "t", "first@x.test"), {});
  EXPECT_EQ(senders(ready.take(2, always)),
            (std::vector<std::string>{"first@x.test", "second@x.test"}));
}

TEST(ReadyQueue, TakesAllThatIsThere) {
  ReadyQueue ready;
  for (const char* tenant : {"a", "b", "c"}) ready.push(message("q", tenant, "x@x.test"), {});
  const auto of_b = [](const QueueName& queue) { return queue.tenant.value() == "b"; };
  EXPECT_EQ(ready.take_queues(of_b).size(), 1U);
  EXPECT_EQ(ready.remote_queues().at("q"), 2U);
  EXPECT_EQ(ready.take_all().size(), 2U);
  EXPECT_TRUE(ready.empty());
  EXPECT_TRUE(ready.remote_queues().empty());
  EXPECT_TRUE(ready.take(1, always).empty());
}

}  // namespace
}  // namespace posthaste
