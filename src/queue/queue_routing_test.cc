// How queues find their sites, and when sites rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "queue/queue_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Answers a second later.
class LateResolver final : public Resolver {
 public:
  LateResolver(Resolver& inner, Clock& clock) : inner_(inner), clock_(clock) {}
  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override {
    co_await clock_.sleep_until(clock_.now() + 1s);
    co_return co_await inner_.lookup(std::move(name), type);
  }

 private:
  Resolver& inner_;
  Clock& clock_;
};

class QueueRoutingTest : public QueueTest {
 protected:
  static SourceConfig source_named(const std::string& name) {
    SourceConfig source;
    source.name = name;
    return source;
  }
  static PoolConfig pool_of(const std::string& name, const std::vector<std::string>& members) {
    PoolConfig pool;
    pool.name = name;
    for (const std::string& member : members) pool.members.push_back({member, 1, {}});
    return pool;
  }
  void add_route(const std::string& pattern, const std::string& to) {
    RouteConfig route;
    route.pattern = *RoutePattern::parse(pattern);
    route.to = {*RouteTarget::parse(to)};
    routes.push_back(std::make_shared<const RouteConfig>(std::move(route)));
  }
  static AttemptFailure unreachable() {
    AttemptFailure failure;
    failure.classification = Classification::bad_connection;
    failure.enhanced_status = "4.4.1";
    failure.text = "nobody answers";
    return failure;
  }

  const SiteName site{"mx.example.com"};
};

// --- domains to sites

TEST_F(QueueRoutingTest, LooksADomainUpOnceForAllItsMailUntilTheAnswerExpires) {
  start();
  arrive("a@example.com");
  arrive("b@example.com");
  EXPECT_EQ(resolver.asked("example.com", RecordType::mx), 1U);
  resolver.replace("example.com. MX 10 new.example.com.\nnew.example.com. A 192.0.2.9\n");
  advance(299s);
  arrive("c@example.com");
  EXPECT_THAT(take_names(), ElementsAre("a", "b", "c"));
  advance(1s);
  arrive("d@example.com");
  EXPECT_THAT(take_names("new.example.com"), ElementsAre("d"));
}

TEST_F(QueueRoutingTest, KeepsApartWhatDemandsSomethingOfTls) {
  start();
  QueuedMessage required = message_to("required@example.com");
  required.envelope.require_tls = true;
  QueuedMessage optional = message_to("optional@example.com");
  optional.envelope.tls_optional = true;
  arrive({required, optional, message_to("plain@example.com")});
  EXPECT_THAT(take_names("mx.example.com"), ElementsAre("plain"));
  EXPECT_THAT(take_names("mx.example.com;tls=optional"), ElementsAre("optional"));
  auto taken = take("mx.example.com;requiretls");
  EXPECT_THAT(names_of(taken), ElementsAre("required"));
  manager->put_back(std::move(taken));
  EXPECT_THAT(take_names("mx.example.com;requiretls"), ElementsAre("required"));
}

TEST_F(QueueRoutingTest, FailsMailForADomainThatTakesNone) {
  start();
  arrive("a@null.test");
  ASSERT_THAT(told(EventType::bounce), SizeIs(1));
  EXPECT_EQ(told(EventType::bounce)[0].enhanced_status, "5.1.10");
  EXPECT_EQ(depth("null.test"), 0U);
  EXPECT_EQ(depth("sender.test"), 1U) << "its sender is told";
}

TEST_F(QueueRoutingTest, DefersMailForADomainThatIsNotFoundNow) {
  start();
  arrive("a@broken.test");
  ASSERT_THAT(told(EventType::transient_failure), SizeIs(1));
  EXPECT_EQ(told(EventType::transient_failure)[0].enhanced_status, "4.4.3");
  EXPECT_EQ(state("broken.test")->next_due, clock.wall() + 10min);
  EXPECT_THAT(state("broken.test")->waits_for, HasSubstr("broken.test"));
}

// Not each message asks for itself.
TEST_F(QueueRoutingTest, KeepsTheDomainsOtherMailUntilTheNextLookUp) {
  start();
  arrive("a@broken.test");
  arrive("b@broken.test");
  EXPECT_EQ(resolver.asked("broken.test", RecordType::mx), 1U);
  EXPECT_THAT(told(EventType::transient_failure), SizeIs(1)) << "the first alone was tried";
  resolver.replace("broken.test. MX 10 mx.broken.test.\nmx.broken.test. A 192.0.2.8\n");
  advance(59s);
  EXPECT_EQ(ready("mx.broken.test"), 0U);
  advance(1s);
  EXPECT_THAT(take_names("mx.broken.test"), ElementsAre("b"));
}

// The time of day, by which queues are looked at, and the time that a rest takes are two clocks.
TEST_F(QueueRoutingTest, LooksAgainForADomainThatItLookedAtAMomentTooEarly) {
  clock.advance(1ns);
  start();
  arrive("a@broken.test");
  arrive("b@broken.test");
  resolver.replace("broken.test. MX 10 mx.broken.test.\nmx.broken.test. A 192.0.2.8\n");
  advance(60s - 1ns);
  EXPECT_EQ(ready("mx.broken.test"), 0U);
  advance(1s);
  EXPECT_THAT(take_names("mx.broken.test"), ElementsAre("b"));
}

TEST_F(QueueRoutingTest, LooksAtOnceForADomainThatIsFlushed) {
  start();
  arrive("a@broken.test");
  arrive("b@broken.test");
  resolver.replace("broken.test. MX 10 mx.broken.test.\nmx.broken.test. A 192.0.2.8\n");
  advance(1s);
  manager->flush([](const QueueState&) { return true; });
  run();
  EXPECT_THAT(take_names("mx.broken.test"), testing::UnorderedElementsAre("a", "b"));
}

// --- reload

TEST_F(QueueRoutingTest, TakesNewRoutesForWhatIsLookedUpFromNowOn) {
  start();
  arrive("early@example.com");
  add_route("example.com", "192.0.2.77");
  manager->reload(rules->queues, make_finder());
  run();
  EXPECT_EQ(ready(), 1U) << "what has found its site stays there";
  arrive("later@example.com");
  EXPECT_THAT(take_names("[192.0.2.77]:25"), ElementsAre("later"));
  EXPECT_THAT(take_names(), ElementsAre("early"));
}

TEST_F(QueueRoutingTest, SendsWhatWaitedForADomainOverTheRouteThatAReloadBrings) {
  start();
  arrive("a@broken.test");
  arrive("b@broken.test");
  add_route("broken.test", "192.0.2.77");
  manager->reload(rules->queues, make_finder());
  run();
  EXPECT_THAT(take_names("[192.0.2.77]:25"), ElementsAre("b"));
  advance(10min);
  EXPECT_THAT(take_names("[192.0.2.77]:25"), ElementsAre("a"));
}

TEST_F(QueueRoutingTest, TakesNoOldRouteThatWasLookedUpDuringAReload) {
  start();
  LateResolver late(resolver, clock);
  manager->reload(rules->queues, finder_of(late));
  arrive("a@example.com");
  add_route("example.com", "192.0.2.77");
  manager->reload(rules->queues, make_finder());
  for (int second = 0; second < 3; ++second) advance(1s);  // MX, addresses
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(take_names("[192.0.2.77]:25"), ElementsAre("a"));
}

TEST_F(QueueRoutingTest, TakesThePrioritiesOfNewRules) {
  queues.push_back(queues[0]);
  queues.back().name = "urgent";
  start();
  queues.back().priority = 9;
  rules = make_rules();
  manager->reload(rules->queues, make_finder());
  arrive("a@example.com");
  arrive({message_to("b@example.com", "urgent")});
  EXPECT_THAT(take_names(), ElementsAre("b", "a"));
}

// --- sites that rest

TEST_F(QueueRoutingTest, DefersWithTheReasonWhatNoSourceCanBringToItsSite) {
  start();
  arrive("a@example.com");
  const auto until = clock.now() + 60s;
  manager->rest_sources(site, {SourceName("default")}, until, unreachable());
  run();
  ASSERT_THAT(told(EventType::transient_failure), SizeIs(1));
  EXPECT_EQ(told(EventType::transient_failure)[0].response, "nobody answers");
  EXPECT_TRUE(manager->is_resting(site));
  const auto rest = manager->rest_of(site);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->limit, "nobody answers");
  EXPECT_EQ(rest->until, until);
  EXPECT_EQ(state("example.com")->waits_for, "nobody answers");
  EXPECT_EQ(state("example.com")->waits_until, clock.wall() + 60s);
}

TEST_F(QueueRoutingTest, KeepsNewMailForASiteThatRestsUntilTheEnd) {
  start();
  arrive("a@example.com");
  manager->rest_sources(site, {SourceName("default")}, clock.now() + 60s, unreachable());
  arrive("b@example.com");
  Refusals refusals;
  const auto cell = governor->cell(SourceName("default"), observer.known.at(site.value()));
  EXPECT_FALSE(manager->has_work_for(site, *cell, refusals));
  EXPECT_THAT(take(), IsEmpty());
  manager->forget_site(site);
  EXPECT_TRUE(manager->is_resting(site)) << "a rest is not forgotten";
  advance(60s - 1us);
  EXPECT_THAT(take(), IsEmpty());
  advance(1us);
  EXPECT_FALSE(manager->is_resting(site));
  EXPECT_EQ(manager->rest_of(site), std::nullopt);
  EXPECT_TRUE(manager->has_work_for(site, *cell, refusals));
  EXPECT_THAT(take_names(), ElementsAre("b"));
}

TEST_F(QueueRoutingTest, LeavesToOtherSourcesWhatTheyMayCarry) {
  sources = {source_named("s1"), source_named("s2")};
  pools = {pool_of("default", {"s1"}), pool_of("both", {"s1", "s2"})};
  queues.push_back(queues[0]);
  queues.back().name = "bulk";
  queues.back().pool = "both";
  start();
  arrive("only-s1@example.com");
  arrive({message_to("any@example.com", "bulk")});
  EXPECT_THAT(manager->sources_for(site), SizeIs(2));
  manager->rest_sources(site, {SourceName("s1")}, clock.now() + 60s, unreachable());
  run();
  ASSERT_THAT(told(EventType::transient_failure), SizeIs(1));
  EXPECT_EQ(told(EventType::transient_failure)[0].recipient, "only-s1@example.com");
  EXPECT_FALSE(manager->is_resting(site));
  EXPECT_THAT(names_of(take("mx.example.com", 10, "s2")), ElementsAre("any"));
}

TEST_F(QueueRoutingTest, GivesASourceOnlyWhatItsPoolsCarry) {
  sources = {source_named("s1"), source_named("s2")};
  pools = {pool_of("default", {"s1"}), pool_of("second", {"s2"})};
  queues.push_back(queues[0]);
  queues.back().name = "bulk";
  queues.back().pool = "second";
  start();
  arrive("a@example.com");
  arrive({message_to("b@example.com", "bulk")});
  EXPECT_THAT(names_of(take("mx.example.com", 10, "s2")), ElementsAre("b"));
  EXPECT_THAT(names_of(take("mx.example.com", 10, "s1")), ElementsAre("a"));
}

}  // namespace
}  // namespace posthaste
