#include "route/queue_config.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "platform/config.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

std::vector<RemoteQueueConfig> load(const std::string& text) {
  const ConfigurationOrErrors loaded =
      Configuration::load_text(text, "test.conf", {&remote_queue_schema()});
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    ADD_FAILURE() << errors->front().to_string();
    return {};
  }
  return std::get<0>(loaded)->all(remote_queue_schema());
}

TEST(RemoteQueueConfig, HoldsOutboundWhenNobodyWroteIt) {
  const std::vector<RemoteQueueConfig> queues = load("");
  ASSERT_EQ(queues.size(), 1u);
  EXPECT_EQ(queues[0].name, "outbound");
  EXPECT_EQ(queues[0].concurrency, 500u);
}

TEST(RemoteQueueConfig, ReadsEveryKey) {
  const std::vector<RemoteQueueConfig> queues = load(R"(
    remote_queue "urgent" {
      concurrency = 50
      rate = "10000/hour"
      max_age = "2h"
      priority = 9
      delay_warning = "30m"
      retry { first = "1m" growth = 1.5 ceiling = "10m" jitter = 0 }
      match { sender = {"*@example.com"} header = {"X-Priority: high"} tenant = {"acme"} }
    })");
  ASSERT_EQ(queues.size(), 2u);
  EXPECT_EQ(queues[1].name, "outbound");
  const RemoteQueueConfig& urgent = queues[0];
  EXPECT_EQ(urgent.name, "urgent");
  EXPECT_EQ(urgent.concurrency, 50u);
  EXPECT_EQ(urgent.rate, Rate(10000, 1h));
  EXPECT_EQ(urgent.max_age, 2h);
  EXPECT_EQ(urgent.priority, 9u);
  EXPECT_EQ(urgent.delay_warning, 30min);
  EXPECT_EQ(urgent.retry.first, 1min);
  EXPECT_EQ(urgent.retry.growth, 1.5);
  EXPECT_EQ(urgent.retry.ceiling, 10min);
  EXPECT_EQ(urgent.retry.jitter, 0);
  EXPECT_EQ(urgent.match.sender, std::vector<std::string>{"*@example.com"});
  EXPECT_EQ(urgent.match.header, std::vector<std::string>{"X-Priority: high"});
  EXPECT_EQ(urgent.where.to_string(), "test.conf:2");
}

TEST(RemoteQueueConfig, SaysWhatMailBreaksTheRulesForSenders) {
  const std::vector<RemoteQueueConfig> queues = load(R"(
    remote_queue "bulk" { unaligned = reject alignment = strict bulk = true }
    remote_queue "other" { }
  )");
  ASSERT_GE(queues.size(), 2U);
  EXPECT_EQ(queues[0].unaligned, RulePolicy::reject);
  EXPECT_EQ(queues[0].alignment, Alignment::strict);
  EXPECT_TRUE(queues[0].bulk);
  EXPECT_EQ(queues[1].unaligned, RulePolicy::accept);
  EXPECT_EQ(queues[1].alignment, Alignment::relaxed);
  EXPECT_FALSE(queues[1].bulk);
}

TEST(RemoteQueueConfig, NamesTheLineOfAValueThatCannotWork) {
  for (const std::string line :
       {"priority = 11", "max_age = \"0s\"", "rate = \"fast\"", "retry { growth = 0.5 }",
        "retry { jitter = 2 }", "retry { first = \"2h\" ceiling = \"1h\" }",
        "match { header = {\"X-Priority: (\"} }", "match { header = {\"no colon\"} }"}) {
    const ConfigurationOrErrors loaded = Configuration::load_text(
        "remote_queue \"a\" {\n" + line + "\n}\n", "test.conf", {&remote_queue_schema()});
    const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
    ASSERT_TRUE(errors) << line;
    EXPECT_EQ(errors->front().where.to_string(), "test.conf:2") << line;
  }
}

}  // namespace
}  // namespace posthaste
