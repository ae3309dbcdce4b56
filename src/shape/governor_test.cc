#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <map>
#include <random>

#include "shape/governor_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

using World = ShapingWorld;

TEST(Governor, HoldsTheConcurrencyOfAClassAndNamesIt) {
  World world;
  world.queues.front().concurrency = 2;
  world.queues.front().lines["concurrency"] = {"a.conf", 3};
  Governor governor(world.clock, world.rules());
  auto first = governor.start(queue());
  auto second = governor.start(queue());
  const auto refusal = governor.refusal_to_start(queue());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->limit, "remote_queue \"outbound\" concurrency 2");
  EXPECT_EQ(refusal->where.to_string(), "a.conf:3");
  EXPECT_FALSE(refusal->until);
  const LimitMeter* freed = nullptr;
  governor.set_on_free([&](const LimitMeter& meter) { freed = &meter; });
  first.give_back();
  EXPECT_EQ(freed, refusal->meter);
  EXPECT_FALSE(governor.refusal_to_start(queue()));
}

TEST(Governor, SaysWhenTheRateLetsTheNextGo) {
  World world;
  world.queues.front().rate = *Rate::parse("1/min");
  Governor governor(world.clock, world.rules());
  const auto cell = governor.cell(SourceName("default"), site("mx.example.com"));
  EXPECT_FALSE(governor.take_token(queue(), *cell));
  const auto refusal = governor.refusal_to_send(queue(), *cell);
  ASSERT_TRUE(refusal && refusal->until);
  EXPECT_EQ(refusal->limit, "remote_queue \"outbound\" rate 1/min");
  EXPECT_GE(*refusal->until - world.clock.now(), 60s);
  EXPECT_LT(*refusal->until - world.clock.now(), 61s);
}

TEST(Governor, TakesNewLimitsWithoutForgettingWhatIsUnderWay) {
  World world;
  Governor governor(world.clock, world.rules());
  auto slot = governor.start(queue());
  world.queues.front().concurrency = 1;
  governor.set_rules(world.rules());
  EXPECT_TRUE(governor.refusal_to_start(queue()));
}

TEST(Governor, InheritsLimitsFromDefaultOverProviderToSource) {
  World world;
  ProviderConfig all;
  all.name = "default";
  all.connections = 10;
  all.messages_per_connection = 100;
  ProviderConfig google;
  google.name = "google";
  google.mx = {".google.com"};
  google.connections = 5;
  SourceConfig a;
  a.name = "a";
  a.providers.push_back({});
  a.providers.back().provider = "google";
  a.providers.back().connections = 2;
  SourceConfig b;
  b.name = "b";
  world.providers = {all, google};
  world.sources = {a, b};
  Governor governor(world.clock, world.rules());
  const Destination google_site = site("mx1.google.com");
  EXPECT_EQ(governor.cell(SourceName("a"), google_site)->limits.connections, 2U);
  EXPECT_EQ(governor.cell(SourceName("b"), google_site)->limits.connections, 5U);
  EXPECT_EQ(governor.cell(SourceName("b"), google_site)->limits.messages_per_connection, 100U);
  EXPECT_EQ(governor.cell(SourceName("b"), site("mx.example.com"))->limits.connections, 10U);
  Destination routed = site("192.0.2.9");
  routed.route = std::make_shared<const RouteConfig>();
  EXPECT_FALSE(governor.cell(SourceName("b"), routed)->limits.connections);
}

TEST(Governor, CountsAProviderOverAllItsSitesAndSources) {
  World world;
  ProviderConfig google;
  google.name = "google";
  google.mx = {".google.com"};
  google.provider_connections = 2;
  SourceConfig a;
  a.name = "a";
  SourceConfig b;
  b.name = "b";
  world.providers = {google};
  world.sources = {a, b};
  Governor governor(world.clock, world.rules());
  const auto one = governor.cell(SourceName("a"), site("mx1.google.com"));
  const auto two = governor.cell(SourceName("b"), site("mx2.google.com"));
  auto first = governor.open(*one);
  auto second = governor.open(*two);
  const auto refusal = governor.refusal_to_open(*one);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->limit, "provider \"google\" provider_connections 2");
}

TEST(Governor, SuspendsWhatAScopeCoversUntilItsTime) {
  World world;
  Governor governor(world.clock, world.rules());
  const auto cell = governor.cell(SourceName("default"), site("mx.example.com"));
  Suspension suspension;
  suspension.scope.tenant = "acme";
  suspension.until = world.clock.wall() + 1h;
  suspension.reason = "complaints";
  suspension.by = "operator";
  EXPECT_TRUE(governor.suspend(suspension));
  EXPECT_FALSE(governor.suspend(suspension)) << "nothing changes";
  EXPECT_FALSE(governor.refusal_to_send(queue("other"), *cell));
  const auto refusal = governor.refusal_to_send(queue("acme"), *cell);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->limit, "suspended (tenant=acme) by operator: complaints");
  world.clock.advance(1h);
  EXPECT_FALSE(governor.refusal_to_send(queue("acme"), *cell));
  governor.tick();
  EXPECT_TRUE(governor.suspensions().empty());
}

TEST(Governor, KeepsSuspensionsOverARestart) {
  World world;
  {
    Governor governor(world.clock, world.rules());
    world.connect(governor);
    Suspension suspension;
    suspension.scope.source = "default";
    suspension.scope.site = "mx.example.com";
    suspension.reason = "S775";
    suspension.by = "rule";
    governor.suspend(suspension);
    suspension.scope = {.domain = "example.org"};
    governor.suspend(suspension);
    EXPECT_EQ(governor.resume({.domain = "example.org"}).size(), 1U);
  }
  Governor governor(world.clock, world.rules());
  governor.restore(world.kept());
  const auto cell = governor.cell(SourceName("default"), site("mx.example.com"));
  ASSERT_TRUE(governor.refusal_to_open(*cell));
  EXPECT_EQ(governor.suspensions().size(), 1U);
}

TEST(Governor, GrantsOnlyWhatItHasPromisedOnDisk) {
  World world;
  TenantConfig tenant;
  tenant.name = "acme";
  tenant.daily_messages = 10;
  world.tenants = {tenant};
  Governor governor(world.clock, world.rules());
  world.connect(governor);
  const auto cell = governor.cell(SourceName("default"), site("mx.example.com"));
  EXPECT_TRUE(governor.take_token(queue("acme"), *cell)) << "the promise is on its way";
  world.apply(false);
  EXPECT_TRUE(governor.take_token(queue("acme"), *cell)) << "and could not be written";
  world.apply();
  EXPECT_FALSE(governor.take_token(queue("acme"), *cell));
}

// What one limit of each kind grants, over restarts in good order and not, at random times.
struct Grants {
  std::deque<WallTime> times;

  // The most in any window of this length.
  std::size_t most_within(Duration window) const {
    std::size_t most = 0;
    std::size_t first = 0;
    for (std::size_t last = 0; last < times.size(); ++last) {
      while (times[last] - times[first] >= window) ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  }
};

Grants play(World& world, unsigned seed, Duration mean_pause, std::size_t asks) {
  std::mt19937 random(seed);
  std::exponential_distribution<double> pause(1.0 / static_cast<double>(mean_pause.count()));
  Grants grants;
  auto governor = std::make_unique<Governor>(world.clock, world.rules());
  world.connect(*governor);
  for (std::size_t i = 0; i < asks; ++i) {
    world.clock.advance(Duration(static_cast<Duration::rep>(pause(random))));
    if (random() % 200 == 0) {
      if (random() % 2 == 0) governor->keep_all();
      governor.reset();
      world.on_their_way.clear();
      world.clock.advance(Duration(static_cast<Duration::rep>(pause(random))));
      governor = std::make_unique<Governor>(world.clock, world.rules());
      governor->restore(world.kept());
      world.connect(*governor);
      world.disk["shape/ended_well"] = "0";
    }
    const auto cell = governor->cell(SourceName("default"), site("mx1.google.com"));
    if (!governor->take_token(queue("acme", "spring"), *cell)) {
      grants.times.push_back(world.clock.wall());
    }
    if (random() % 3 == 0) world.apply();
    if (random() % 10 == 0) governor->tick();
  }
  return grants;
}

TEST(Governor, NeverGrantsMoreThanARateInAnyWindowOverRestarts) {
  for (const char* text : {"100/s", "7/s", "30/min", "50/hour", "3/hour"}) {
    const Rate rate = *Rate::parse(text);
    for (unsigned seed = 0; seed < 5; ++seed) {
      World class_world;
      class_world.queues.front().rate = rate;
      World source_world;
      SourceConfig source;
      source.name = "default";
      source.message_rate = rate;
      source_world.sources = {source};
      World provider_world;
      ProviderConfig google;
      google.name = "google";
      google.mx = {".google.com"};
      google.provider_message_rate = rate;
      provider_world.providers = {google};
      World campaign_world;
      CampaignConfig campaign;
      campaign.name = "spring";
      campaign.message_rate = rate;
      campaign_world.campaigns = {campaign};
      for (World* world : {&class_world, &source_world, &provider_world, &campaign_world}) {
        const Grants grants = play(*world, seed, rate.interval() / 3, 3000);
        EXPECT_GT(grants.times.size(), 100U) << text;
        EXPECT_LE(grants.most_within(rate.period()), rate.count()) << text << " seed " << seed;
      }
    }
  }
}

TEST(Governor, NeverGrantsMoreThanADayAllowsOverRestarts) {
  for (const std::uint64_t limit : {1U, 10U, 250U}) {
    for (unsigned seed = 0; seed < 5; ++seed) {
      World tenant_world;
      TenantConfig tenant;
      tenant.name = "acme";
      tenant.daily_messages = limit;
      tenant_world.tenants = {tenant};
      World provider_world;
      ProviderConfig google;
      google.name = "google";
      google.mx = {".google.com"};
      google.provider_daily_messages = limit;
      provider_world.providers = {google};
      for (World* world : {&tenant_world, &provider_world}) {
        const Grants grants = play(*world, seed, Duration(24h) / static_cast<int>(3 * limit), 4000);
        EXPECT_LE(grants.most_within(24h), limit) << limit << " seed " << seed;
        EXPECT_GT(grants.times.size(), limit * 2) << limit << " seed " << seed;
      }
    }
  }
}

TEST(Governor, UsesAllOfADayWhenNothingCrashes) {
  World world;
  TenantConfig tenant;
  tenant.name = "acme";
  tenant.daily_messages = 250;
  world.tenants = {tenant};
  Governor governor(world.clock, world.rules());
  world.connect(governor);
  const auto cell = governor.cell(SourceName("default"), site("mx.example.com"));
  std::size_t granted = 0;
  for (int i = 0; i < 1000; ++i) {
    if (!governor.take_token(queue("acme"), *cell)) ++granted;
    world.apply();
  }
  EXPECT_EQ(granted, 250U);
  const auto refusal = governor.take_token(queue("acme"), *cell);
  ASSERT_TRUE(refusal && refusal->until);
  EXPECT_EQ(refusal->limit, "tenant \"acme\" daily_messages 250");
  world.clock.advance(*refusal->until - world.clock.now());
  (void)governor.take_token(queue("acme"), *cell);
  world.apply();
  EXPECT_FALSE(governor.take_token(queue("acme"), *cell));
}

TEST(Governor, ForgetsWhatIsIdle) {
  World world;
  Governor governor(world.clock, world.rules());
  world.connect(governor);
  std::weak_ptr<SendingCell> cell = governor.cell(SourceName("default"), site("mx.example.com"));
  world.clock.advance(61s);
  governor.tick();
  EXPECT_TRUE(cell.expired());
}

}  // namespace
}  // namespace posthaste
