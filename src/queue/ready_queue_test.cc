#include "queue/ready_queue.h"

#include <gtest/gtest.h>

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

bool always(const std::string&) {
  return true;
}

TEST(ReadyQueue, GivesTheHigherPriorityFirst) {
  ReadyQueue ready;
  ready.push(message("bulk", "a", "bulk@x.test"), 1);
  ready.push(message("fast", "a", "fast@x.test"), 9);
  EXPECT_EQ(senders(ready.take(1, always, always)), std::vector<std::string>{"fast@x.test"});
  EXPECT_EQ(ready.size(), 1U);
}

TEST(ReadyQueue, LetsTenantsTakeTurns) {
  ReadyQueue ready;
  for (int i = 0; i < 3; ++i) ready.push(message("q", "big", "big@x.test"), 5);
  ready.push(message("q", "small", "small@x.test"), 5);
  EXPECT_EQ(senders(ready.take(3, always, always)),
            (std::vector<std::string>{"big@x.test", "small@x.test", "big@x.test"}));
}

TEST(ReadyQueue, TakesOneClassAtATime) {
  ReadyQueue ready;
  ready.push(message("one", "t", "1@x.test"), 5);
  ready.push(message("two", "t", "2@x.test"), 5);
  ready.push(message("one", "t", "3@x.test"), 5);
  EXPECT_EQ(ready.take(8, always, always).size(), 2U);
  EXPECT_EQ(ready.take(8, always, always).size(), 1U);
  EXPECT_TRUE(ready.empty());
}

TEST(ReadyQueue, PassesOverAClassThatMayNotStart) {
  ReadyQueue ready;
  ready.push(message("slow", "t", "slow@x.test"), 9);
  ready.push(message("free", "t", "free@x.test"), 1);
  const auto may_start = [](const std::string& name) { return name != "slow"; };
  EXPECT_EQ(senders(ready.take(8, may_start, always)), std::vector<std::string>{"free@x.test"});
}

TEST(ReadyQueue, PutsBackInFront) {
  ReadyQueue ready;
  ready.push(message("q", "t", "second@x.test"), 5);
  ready.push_front(message("q", "t", "first@x.test"), 5);
  EXPECT_EQ(senders(ready.take(2, always, always)),
            (std::vector<std::string>{"first@x.test", "second@x.test"}));
}

TEST(ReadyQueue, TakesAllThatIsThere) {
  ReadyQueue ready;
  for (const char* tenant : {"a", "b", "c"}) ready.push(message("q", tenant, "x@x.test"), 5);
  EXPECT_EQ(ready.take_all().size(), 3U);
  EXPECT_TRUE(ready.empty());
  EXPECT_TRUE(ready.take(1, always, always).empty());
}

}  // namespace
}  // namespace posthaste
