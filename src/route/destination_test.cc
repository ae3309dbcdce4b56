#include "route/destination.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::string_view kWorld = R"(
  example.test.       300 MX 20 mx2.example.test.
  example.test.           MX 10 mx1.example.test.
  mx1.example.test.   120 A 192.0.2.1
  mx2.example.test.       A 192.0.2.2
  mx2.example.test.       A 192.0.2.3
  mx2.example.test.       AAAA 2001:db8::2
  other.test.             MX 5 mx2.example.test.
  other.test.             MX 5 mx1.example.test.
  implicit.test.          A 192.0.2.9
  null.test.              MX 0 .
  null-and-more.test.     MX 0 .
  null-and-more.test.     MX 10 mx1.example.test.
  broken.test.            SERVFAIL
  slow.test.              TIMEOUT
  forged.test.            BOGUS
  alias.test.             CNAME example.test.
  mx-alias.test.          MX 10 mx-cname.test.
  mx-cname.test.          CNAME mx1.example.test.
  bare.test.              TXT "neither MX nor address"
  partly.test.            MX 10 missing.test.
  partly.test.            MX 20 bare.test.
  partly.test.            MX 30 mx1.example.test.
  nowhere.test.           MX 10 missing.test.
  nowhere.test.           MX 20 bare.test.
  unsure.test.            MX 10 missing.test.
  unsure.test.            MX 20 host.broken.test.
  own-backup.test.        MX 10 mx1.example.test.
  own-backup.test.        MX 20 Me.posthaste.test.
  own-backup.test.        MX 20 mx2.example.test.
  own-backup.test.        MX 30 mx3.example.test.
  own-first.test.         MX 10 me.posthaste.test.
  own-first.test.         MX 10 mx1.example.test.
  me.posthaste.test.      A 192.0.2.200
  six.test.               AAAA 2001:db8::6
  relay.test.             A 192.0.2.50
  short.test.           1 A 192.0.2.1
  signed.test.            SECURE
  signed.test.            MX 10 mx.signed.test.
  mx.signed.test.         A 192.0.2.77
  half-signed.signed.test. MX 10 mx1.example.test.
)";

class DestinationTest : public testing::Test {
 protected:
  DestinationTest() : resolver_(kWorld) { options_.own_names = {"ME.posthaste.test"}; }

  asio::awaitable<void> run(const DestinationFinder& finder, Domain domain,
                            DestinationResult& result) {
    result = co_await finder.find(std::move(domain));
  }
  DestinationResult find(std::string_view name) {
    const DestinationFinder finder(
        resolver_, clock_, options_, [this] { return random_(); }, tls_);
    const Result<Domain> domain = Domain::parse(name);
    EXPECT_TRUE(domain) << name;
    asio::io_context loop;
    TaskGroup group(loop.get_executor());
    DestinationResult result = DestinationFailure{};
    group.spawn(run(finder, *domain, result));
    loop.run();
    return result;
  }
  Destination found(std::string_view name) {
    DestinationResult result = find(name);
    if (const auto* failure = std::get_if<DestinationFailure>(&result)) {
      ADD_FAILURE() << name << ": " << failure->text;
      return {};
    }
    return std::get<Destination>(std::move(result));
  }
  // "550 5.1.2 bad_domain"
  std::string failure(std::string_view name) {
    DestinationResult result = find(name);
    const auto* failure = std::get_if<DestinationFailure>(&result);
    if (!failure) return "found";
    EXPECT_EQ(failure->is_permanent, failure->code >= 500);
    EXPECT_FALSE(failure->text.empty());
    return fmt::format("{} {} {}", failure->code, failure->enhanced_status,
                       to_string(failure->classification));
  }
  void add_route(RouteConfig route) {
    options_.routes.push_back(std::make_shared<const RouteConfig>(std::move(route)));
  }
  static RouteTarget target(std::string_view text) { return *RouteTarget::parse(text); }

  ZoneTextResolver resolver_;
  ManualClock clock_;
  std::mt19937_64 random_{1};
  DestinationOptions options_;
  TlsTermsSource* tls_ = nullptr;
};

// "mx1.example.test=192.0.2.1:25 …"
std::string show(const Destination& destination) {
  std::vector<std::string> hosts;
  for (const MxHost& host : destination.hosts) {
    std::vector<std::string> addresses;
    for (const Endpoint& one : host.addresses) {
      addresses.push_back(fmt::format("{}:{}", one.address, one.port));
    }
    hosts.push_back(fmt::format("{}={}", host.name, fmt::join(addresses, ",")));
  }
  return fmt::format("{}", fmt::join(hosts, " "));
}

TEST_F(DestinationTest, SortsMxHostsByPreference) {
  const Destination destination = found("example.test");
  EXPECT_EQ(show(destination),
            "mx1.example.test=192.0.2.1:25 "
            "mx2.example.test=2001:db8::2:25,192.0.2.2:25,192.0.2.3:25");
  EXPECT_EQ(destination.hosts[0].preference, 10);
  EXPECT_EQ(destination.expires, clock_.now() + 120s);
  EXPECT_EQ(destination.route, nullptr);
}

TEST_F(DestinationTest, NamesTheSiteByTheSetOfHosts) {
  EXPECT_EQ(found("example.test").site, SiteName("mx1.example.test+mx2.example.test"));
  EXPECT_EQ(found("other.test").site, found("example.test").site);
  EXPECT_EQ(found("implicit.test").site, SiteName("implicit.test"));
}

TEST_F(DestinationTest, ShufflesHostsOfOnePreference) {
  std::set<std::string> firsts;
  for (int i = 0; i < 50; ++i) firsts.insert(found("other.test").hosts.front().name);
  EXPECT_EQ(firsts.size(), 2u);
}

TEST_F(DestinationTest, TakesTheDomainItselfWithoutMx) {
  EXPECT_EQ(show(found("implicit.test")), "implicit.test=192.0.2.9:25");
  EXPECT_EQ(found("implicit.test").hosts[0].preference, 0);
}

TEST_F(DestinationTest, ObeysNullMx) {
  EXPECT_EQ(failure("null.test"), "556 5.1.10 no_mx");
  EXPECT_EQ(show(found("null-and-more.test")), "mx1.example.test=192.0.2.1:25");
}

TEST_F(DestinationTest, FailsForGoodWhenTheDomainIsNotThere) {
  EXPECT_EQ(failure("missing.test"), "550 5.1.2 bad_domain");
}

TEST_F(DestinationTest, WaitsWhenDnsFails) {
  EXPECT_EQ(failure("broken.test"), "451 4.4.3 routing");
  EXPECT_EQ(failure("slow.test"), "451 4.4.3 routing");
  EXPECT_EQ(failure("forged.test"), "451 4.4.3 routing");
}

TEST_F(DestinationTest, FollowsCnames) {
  EXPECT_EQ(show(found("alias.test")), show(found("example.test")));
  EXPECT_EQ(found("alias.test").site, found("example.test").site);
  EXPECT_EQ(show(found("mx-alias.test")), "mx-cname.test=192.0.2.1:25");
}

TEST_F(DestinationTest, SkipsHostsWithoutAddress) {
  EXPECT_EQ(show(found("partly.test")), "mx1.example.test=192.0.2.1:25");
  EXPECT_EQ(found("partly.test").site, SiteName("bare.test+missing.test+mx1.example.test"));
  EXPECT_EQ(failure("nowhere.test"), "550 5.4.4 no_mx");
  EXPECT_EQ(failure("bare.test"), "550 5.4.4 no_mx");
  EXPECT_EQ(failure("unsure.test"), "451 4.4.4 routing");
}

TEST_F(DestinationTest, NeverSendsBackToItself) {
  EXPECT_EQ(show(found("own-backup.test")), "mx1.example.test=192.0.2.1:25");
  EXPECT_EQ(failure("own-first.test"), "554 5.4.6 routing");
  EXPECT_EQ(failure("me.posthaste.test"), "554 5.4.6 routing");
}

TEST_F(DestinationTest, TakesAddressLiterals) {
  const Destination four = found("[192.0.2.1]");
  EXPECT_EQ(show(four), "[192.0.2.1]=192.0.2.1:25");
  EXPECT_EQ(four.site, SiteName("[192.0.2.1]"));
  EXPECT_FALSE(four.secure);
  EXPECT_EQ(show(found("[IPv6:2001:db8::1]")), "[IPv6:2001:db8::1]=2001:db8::1:25");
}

TEST_F(DestinationTest, UsesTheIpVersionsItMay) {
  options_.ip_versions = IpVersions::ipv4;
  EXPECT_EQ(show(found("other.test")).find("2001:db8"), std::string::npos);
  EXPECT_EQ(failure("six.test"), "550 5.4.4 no_mx");
  EXPECT_EQ(failure("[IPv6:2001:db8::1]"), "550 5.4.4 no_mx");
  EXPECT_EQ(resolver_.asked("six.test", RecordType::aaaa), 0u);
  options_.ip_versions = IpVersions::ipv6;
  EXPECT_EQ(show(found("example.test")), "mx2.example.test=2001:db8::2:25");
  options_.ip_versions = IpVersions::ipv4_first;
  EXPECT_EQ(show(found("example.test")),
            "mx1.example.test=192.0.2.1:25 "
            "mx2.example.test=192.0.2.2:25,2001:db8::2:25,192.0.2.3:25");
}

TEST_F(DestinationTest, BoundsWhatAHostileZoneCosts) {
  std::string world;
  for (int i = 0; i < 100; ++i) {
    world += fmt::format("many.test. MX 10 h{}.many.test.\nh{}.many.test. A 192.0.2.1\n", i, i);
    world += fmt::format("wide.test. A 192.0.2.{}\n", i);
  }
  resolver_.replace(world);
  EXPECT_EQ(found("many.test").hosts.size(), 20u);
  EXPECT_EQ(found("many.test").site, found("many.test").site);
  EXPECT_EQ(found("wide.test").hosts[0].addresses.size(), 20u);
}

TEST_F(DestinationTest, KeepsResultsForAWhileInAnyCase) {
  EXPECT_EQ(found("short.test").expires, clock_.now() + 60s);
  const DestinationResult broken = find("broken.test");
  EXPECT_EQ(std::get<DestinationFailure>(broken).expires, clock_.now() + 60s);
  const DestinationResult missing = find("missing.test");
  EXPECT_EQ(std::get<DestinationFailure>(missing).expires, clock_.now() + 300s);
}

TEST_F(DestinationTest, SaysWhatDnssecAuthenticated) {
  const Destination signed_all = found("signed.test");
  EXPECT_TRUE(signed_all.secure);
  EXPECT_TRUE(signed_all.hosts[0].secure);
  const Destination half = found("half-signed.signed.test");
  EXPECT_TRUE(half.secure);
  EXPECT_FALSE(half.hosts[0].secure);
  EXPECT_FALSE(found("example.test").secure);
}

TEST_F(DestinationTest, GoesWhereTheRouteSays) {
  add_route({.pattern = {"*"},
             .to = {target("relay.test:587"), target("[192.0.2.60]:2525"), target("example.test")},
             .user = "us"});
  const Destination destination = found("missing.test");
  EXPECT_EQ(show(destination), "relay.test=192.0.2.50:587 [192.0.2.60]=192.0.2.60:2525");
  EXPECT_EQ(destination.site, SiteName("us@relay.test:587+[192.0.2.60]:2525+example.test:25"));
  ASSERT_NE(destination.route, nullptr);
  EXPECT_EQ(destination.route->pattern.text, "*");
  EXPECT_EQ(resolver_.asked("missing.test", RecordType::mx), 0u);
}

TEST_F(DestinationTest, LooksUpTheMxOfRouteTargetsWhenTold) {
  add_route(
      {.pattern = {"*"}, .to = {target("example.test:2525"), target("relay.test")}, .mx = true});
  const Destination destination = found("missing.test");
  EXPECT_EQ(show(destination),
            "mx1.example.test=192.0.2.1:2525 "
            "mx2.example.test=2001:db8::2:2525,192.0.2.2:2525,192.0.2.3:2525 "
            "relay.test=192.0.2.50:25");
  EXPECT_EQ(destination.site, SiteName("example.test:2525+relay.test;mx"));
}

TEST_F(DestinationTest, KeepsOneHostAtTwoPortsOfARoute) {
  add_route({.pattern = {"*"}, .to = {target("relay.test:587"), target("relay.test:25")}});
  EXPECT_EQ(show(found("x.test")), "relay.test=192.0.2.50:587 relay.test=192.0.2.50:25");
}

TEST_F(DestinationTest, WaitsWhenARouteLeadsNowhere) {
  add_route({.pattern = {"*"}, .to = {target("missing.test")}});
  EXPECT_EQ(failure("example.test"), "451 4.4.4 routing");
  options_.routes.clear();
  add_route({.pattern = {"*"}, .to = {target("missing.test"), target("null.test")}, .mx = true});
  EXPECT_EQ(failure("example.test"), "451 4.4.4 routing");
  options_.routes.clear();
  add_route({.pattern = {"*"}, .to = {}});
  EXPECT_EQ(failure("example.test"), "451 4.4.4 routing");
}

TEST_F(DestinationTest, KeepsRoutesOfDifferentTlsApart) {
  add_route({.pattern = {"a.test"}, .to = {target("relay.test")}, .tls = RouteTls::required});
  add_route({.pattern = {"b.test"}, .to = {target("relay.test")}});
  EXPECT_NE(found("a.test").site, found("b.test").site);
  EXPECT_NE(found("b.test").site, found("relay.test").site);
}

// Never answers; counts who waits.
class SilentResolver final : public Resolver {
 public:
  explicit SilentResolver(Clock& clock) : clock_(clock) {}

  asio::awaitable<DnsResult> lookup(std::string, RecordType type) override {
    DnsResult result;
    result.status = DnsStatus::nodata;
    if (type == RecordType::mx) co_return result;
    ++open;
    co_await clock_.sleep_until(Clock::time_point::max());
    --open;
    co_return result;
  }

  int open = 0;

 private:
  Clock& clock_;
};

TEST_F(DestinationTest, EndsWithItsCaller) {
  SilentResolver silent(clock_);
  const DestinationFinder finder(silent, clock_, options_, [this] { return random_(); });
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  DestinationResult result = DestinationFailure{};
  group.spawn(run(finder, *Domain::parse("any.test"), result));
  loop.poll();
  EXPECT_EQ(silent.open, 2);
  asio::post(loop, [&group] { group.cancel(); });
  loop.poll();
  EXPECT_TRUE(group.empty());
  EXPECT_EQ(silent.open, 0);
  EXPECT_TRUE(std::holds_alternative<DestinationFailure>(result));
}

// Terms for one domain.
class OneTerms final : public TlsTermsSource {
 public:
  explicit OneTerms(std::string domain) : domain_(std::move(domain)) {}
  asio::awaitable<std::shared_ptr<const TlsTerms>> terms_for(std::string domain) override {
    if (domain != domain_) co_return nullptr;
    auto terms = std::make_shared<TlsTerms>();
    terms->site_suffix = ";sts=1";
    co_return terms;
  }

 private:
  std::string domain_;
};

TEST_F(DestinationTest, KeepsDomainsThatAskMoreOfTlsApartAndTheirLimitsTogether) {
  OneTerms terms("other.test");
  tls_ = &terms;
  const Destination ordinary = found("example.test");
  const Destination strict = found("other.test");
  EXPECT_EQ(strict.site.value(), ordinary.site.value() + ";sts=1");
  EXPECT_EQ(strict.limits_site(), ordinary.site);
  ASSERT_TRUE(strict.tls);
  EXPECT_FALSE(ordinary.tls);
}

TEST_F(DestinationTest, HasSitesOfTheirOwnForMailThatDemandsSomethingOfTls) {
  const Destination ordinary = found("example.test");
  const Destination strict = with_demand(ordinary, TlsDemand::required);
  EXPECT_EQ(strict.site.value(), ordinary.site.value() + ";requiretls");
  EXPECT_EQ(strict.site, site_with_demand(ordinary, TlsDemand::required));
  EXPECT_EQ(strict.limits_site(), ordinary.site);
  EXPECT_EQ(site_with_demand(ordinary, TlsDemand::optional).value(),
            ordinary.site.value() + ";tls=optional");
  EXPECT_EQ(site_with_demand(ordinary, TlsDemand::none), ordinary.site);
}

}  // namespace
}  // namespace posthaste
