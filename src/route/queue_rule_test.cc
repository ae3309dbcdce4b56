#include "route/queue_rule.h"

#include <gtest/gtest.h>

#include <boost/algorithm/string/predicate.hpp>
#include <string>
#include <utility>
#include <vector>

namespace posthaste {
namespace {

struct Message {
  std::string sender = "news@example.com";
  std::string recipient_domain = "example.net";
  std::string tenant;
  std::string campaign;
  std::vector<std::pair<std::string, std::string>> header;
};

RemoteQueueConfig block(std::string name, QueueMatch match) {
  RemoteQueueConfig config;
  config.name = std::move(name);
  config.match = std::move(match);
  return config;
}

std::string choose(const QueueRules& rules, const Message& message) {
  const Result<ReversePath> sender = ReversePath::parse(message.sender);
  const Result<Domain> domain = Domain::parse(message.recipient_domain);
  EXPECT_TRUE(sender && domain);
  Tags tags;
  tags.tenant = TenantId(message.tenant);
  tags.campaign = CampaignId(message.campaign);
  const HeaderLookup header = [&](std::string_view name) {
    std::vector<std::string_view> values;
    for (const auto& [field, value] : message.header) {
      if (boost::iequals(field, name)) values.push_back(value);
    }
    return values;
  };
  return rules.choose({*sender, tags, header, *domain}).name;
}

QueueRules compile(std::vector<RemoteQueueConfig> blocks) {
  Result<QueueRules> rules = QueueRules::compile(std::move(blocks));
  if (!rules) throw std::invalid_argument(rules.error().message());
  return std::move(*rules);
}

TEST(QueueRules, TakesOutboundWithItsDefaultsWhenNothingIsWritten) {
  const QueueRules rules = compile({});
  EXPECT_EQ(choose(rules, {}), "outbound");
  EXPECT_EQ(rules.outbound().concurrency, 500u);
  EXPECT_TRUE(rules.outbound().rate.is_unlimited());
  EXPECT_EQ(rules.outbound().max_age, std::chrono::hours(96));
  EXPECT_EQ(rules.blocks().size(), 1u);
}

TEST(QueueRules, NeverChoosesABlockWithoutMatchButOutbound) {
  const QueueRules rules = compile({block("idle", {}), block("outbound", {})});
  EXPECT_EQ(choose(rules, {}), "outbound");
  EXPECT_NE(rules.find("idle"), nullptr);
  EXPECT_EQ(rules.find("other"), nullptr);
}

TEST(QueueRules, TakesTheFirstThatMatchesInTheOrderOfTheFile) {
  const QueueRules rules = compile({block("one", {.tenant = {"acme"}}),
                                    block("two", {.campaign = {"spring"}}), block("outbound", {})});
  EXPECT_EQ(choose(rules, {.tenant = "acme", .campaign = "spring"}), "one");
  EXPECT_EQ(choose(rules, {.campaign = "spring"}), "two");
  EXPECT_EQ(choose(rules, {.tenant = "other"}), "outbound");
}

TEST(QueueRules, WantsEveryKeyButAnyOfItsValues) {
  const QueueRules rules = compile(
      {block("one", {.tenant = {"acme", "globex"}, .recipient_domain = {"*.example", "a.test"}})});
  EXPECT_EQ(choose(rules, {.recipient_domain = "x.example", .tenant = "GLOBEX"}), "one");
  EXPECT_EQ(choose(rules, {.recipient_domain = "a.test", .tenant = "acme"}), "one");
  EXPECT_EQ(choose(rules, {.recipient_domain = "a.test", .tenant = "other"}), "outbound");
  EXPECT_EQ(choose(rules, {.recipient_domain = "b.test", .tenant = "acme"}), "outbound");
}

TEST(QueueRules, MatchesTheSender) {
  const QueueRules rules =
      compile({block("null", {.sender = {"<>"}}), block("news", {.sender = {"*@example.com"}})});
  EXPECT_EQ(choose(rules, {.sender = ""}), "null");
  EXPECT_EQ(choose(rules, {.sender = "Any@example.com"}), "news");
  EXPECT_EQ(choose(rules, {.sender = "any@example.org"}), "outbound");
}

TEST(QueueRules, SearchesHeaderFields) {
  const QueueRules rules =
      compile({block("urgent", {.header = {"X-Priority: ^high$", "Precedence:first"}}),
               block("tagged", {.header = {"X-Any:"}})});
  EXPECT_EQ(choose(rules, {.header = {{"x-priority", "low"}, {"X-PRIORITY", "High"}}}), "urgent");
  EXPECT_EQ(choose(rules, {.header = {{"Precedence", "the first one"}}}), "urgent");
  EXPECT_EQ(choose(rules, {.header = {{"X-Priority", "higher"}}}), "outbound");
  EXPECT_EQ(choose(rules, {.header = {{"X-Any", ""}}}), "tagged");
}

TEST(QueueRules, MatchesNoHeaderWithoutAHeader) {
  const QueueRules rules = compile({block("urgent", {.header = {"X-Priority:"}})});
  const ReversePath sender;
  const Tags tags;
  const Domain domain;
  EXPECT_EQ(rules.choose({sender, tags, {}, domain}).name, "outbound");
}

TEST(QueueRules, RefusesBlocksThatCannotWork) {
  for (const std::string header : {"X-Priority: (", "no colon", ": x"}) {
    const auto rules = QueueRules::compile({block("a", {.header = {header}})});
    ASSERT_FALSE(rules) << header;
    EXPECT_NE(rules.error().message().find(header), std::string::npos);
  }
  EXPECT_FALSE(QueueRules::compile({block("a", {}), block("a", {})}));
}

}  // namespace
}  // namespace posthaste
