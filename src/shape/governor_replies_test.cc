#include <gtest/gtest.h>

#include <chrono>

#include "route/shipped_providers.h"
#include "shape/governor.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

// A governor with the shipped providers, and what it tells of its changes.
struct World {
  ManualClock clock;
  std::shared_ptr<ShapingRules> rules = std::make_shared<ShapingRules>();
  std::unique_ptr<Governor> governor;
  std::vector<ShapingChange> changes;

  World() {
    auto queues = QueueRules::compile({});
    rules->queues = std::make_shared<const QueueRules>(std::move(*queues));
    auto providers = Providers::compile(shipped_providers(), {});
    rules->providers = std::move(*providers);
    auto responses = ResponseRules::compile(rules->providers);
    rules->responses = std::make_shared<const ResponseRules>(std::move(*responses));
    governor = std::make_unique<Governor>(clock, rules);
    governor->set_on_change([this](const ShapingChange& change) { changes.push_back(change); });
  }

  std::shared_ptr<SendingCell> cell(const std::string& host) {
    Destination destination;
    destination.site = SiteName(host);
    destination.hosts = {{host, 10, {{"192.0.2.1", 25}}, false}};
    return governor->cell(SourceName("default"), destination);
  }

  void refuse(const SendingCell& cell, const std::string& reply, const std::string& tenant = "") {
    CellOutcome outcome;
    outcome.kind = CellOutcome::Kind::deferred;
    outcome.reply = reply;
    const auto* rule = rules->responses->match(cell.provider, reply);
    ASSERT_NE(rule, nullptr) << reply;
    outcome.matches.push_back({rule, reply});
    governor->on_outcome(cell, queue(tenant), outcome);
  }

  static QueueName queue(const std::string& tenant = "") {
    return {"outbound", TenantId(tenant), CampaignId(), *Domain::parse("example.com")};
  }
};

TEST(GovernorReplies, FollowGooglesPublishedRecovery) {
  World world;
  const auto cell = world.cell("gmail-smtp-in.l.google.com");
  world.refuse(*cell, "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail");
  auto refusal = world.governor->refusal_to_send(World::queue(), *cell);
  ASSERT_TRUE(refusal && refusal->until);
  EXPECT_EQ(*refusal->until, world.clock.now() + 10min);
  EXPECT_NE(refusal->limit.find("rule \"unusual-rate\""), std::string::npos) << refusal->limit;
  ASSERT_FALSE(world.changes.empty());
  EXPECT_EQ(world.changes.front().provider, "google");

  world.clock.advance(10min);
  world.governor->tick();
  EXPECT_FALSE(world.governor->refusal_to_open(*cell));
  auto first = world.governor->open(*cell);
  EXPECT_TRUE(world.governor->refusal_to_open(*cell)) << "one connection";
  CellOutcome delivered;
  delivered.kind = CellOutcome::Kind::delivered;
  delivered.took = 100ms;
  world.governor->on_outcome(*cell, World::queue(), delivered);
  world.clock.advance(1s);  // connection_rate
  EXPECT_FALSE(world.governor->refusal_to_open(*cell)) << "and one more for each success";
}

TEST(GovernorReplies, SuspendOnlyTheTenantWhoseMailIsUnsolicited) {
  World world;
  const auto cell = world.cell("gmail-smtp-in.l.google.com");
  const std::string reply = "550 5.7.1 Gmail has detected that this message is likely unsolicited";
  for (int i = 0; i < 4; ++i) world.refuse(*cell, reply, "acme");
  EXPECT_FALSE(world.governor->refusal_to_send(World::queue("acme"), *cell)) << "not yet";
  world.refuse(*cell, reply, "acme");
  EXPECT_TRUE(world.governor->refusal_to_send(World::queue("acme"), *cell));
  EXPECT_FALSE(world.governor->refusal_to_send(World::queue("other"), *cell));
  EXPECT_FALSE(
      world.governor->refusal_to_send(World::queue("acme"), *world.cell("mx.example.org")));
}

TEST(GovernorReplies, HoldMailThatIsNotAuthenticatedUntilSomebodyResumesIt) {
  World world;
  const auto cell = world.cell("gmail-smtp-in.l.google.com");
  for (int i = 0; i < 3; ++i) world.refuse(*cell, "550-5.7.26 the sender is unauthenticated");
  world.clock.advance(24h);
  world.governor->tick();
  const auto refusal = world.governor->refusal_to_send(World::queue(), *cell);
  ASSERT_TRUE(refusal);
  EXPECT_FALSE(refusal->until);
  EXPECT_EQ(world.governor->resume({.provider = "google"}).size(), 1U);
  EXPECT_FALSE(world.governor->refusal_to_send(World::queue(), *cell));
}

TEST(GovernorReplies, SlowTheCellThatTheProviderComplainsOf) {
  World world;
  const auto cell = world.cell("mta5.am0.yahoodns.net");
  world.refuse(*cell, "421 4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred");
  EXPECT_FALSE(world.governor->take_token(World::queue(), *cell));
  const auto refusal = world.governor->take_token(World::queue(), *cell);
  ASSERT_TRUE(refusal && refusal->until);
  EXPECT_GE(*refusal->until, world.clock.now() + 60s);
  EXPECT_NE(refusal->limit.find("closed loop of source \"default\" to yahoo rate"),
            std::string::npos)
      << refusal->limit;
}

// 5yz that are throttles wait; what a rule does not know is left to the codes.
TEST(GovernorReplies, AreReadByTheRulesOfTheirProvider) {
  World world;
  const auto* qq = world.rules->responses->match("qq", "550 Connection frequency limited");
  ASSERT_NE(qq, nullptr);
  EXPECT_TRUE(qq->has(RuleAction::retry));
  EXPECT_EQ(world.rules->responses->match("qq", "550 5.1.1 no such user"), nullptr);
}

}  // namespace
}  // namespace posthaste
