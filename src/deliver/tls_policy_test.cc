#include "deliver/tls_policy.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "deliver/tls_fixture.h"
#include "platform/dns/zone_text_resolver.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;

const std::string kHost = "mx.s.test";

asio::awaitable<void> find(Destination destination, MxHost host, Resolver& resolver,
                           TlsDecision& decision) {
  const TlsSubject subject{destination, host, false, {"s.test"}};
  decision = co_await find_tls(subject, &resolver);
}

// A destination with one host, and what DNS says of it.
struct Situation {
  std::string zone = "s.test. SECURE\nmx.s.test. A 192.0.2.1\n";
  bool is_mx_secure = true;
  bool is_host_secure = true;
  TlsMode mode = TlsMode::automatic;
  TestCertificate certificate;
  std::vector<TestCertificate> chain;
  bool offers_starttls = true;

  Situation& tlsa(const std::string& record) {
    zone += "_25._tcp.mx.s.test. TLSA " + record + "\n";
    return *this;
  }
  TlsDecision decide() const {
    ZoneTextResolver resolver(zone);
    Destination destination;
    destination.secure = is_mx_secure;
    MxHost host{kHost, 10, {{"192.0.2.1", 25}}, is_host_secure};
    if (mode != TlsMode::automatic) {
      auto terms = std::make_shared<TlsTerms>();
      terms->mode = mode;
      destination.tls = terms;
    }
    TlsDecision decision;
    asio::io_context context;
    TaskGroup tasks(context.get_executor());
    tasks.spawn(find(destination, host, resolver, decision));
    context.run();
    return decision;
  }
  // "authenticated", "tls", "opportunistic", or "no".
  std::string outcome() const {
    const TlsDecision decision = decide();
    if (decision.is_refused) return "no";
    if (decision.use == UseTls::always && !offers_starttls) return "no";
    if (!decision.is_enforced) return decision.use == UseTls::always ? "tls" : "opportunistic";
    return shake_hands(decision.expectation, certificate, chain) == X509_V_OK ? "authenticated"
                                                                              : "no";
  }
};

// The situations of the corpus, played with certificates of our own.
class DaneCorpus : public testing::Test {
 protected:
  Situation usual() const {
    Situation one;
    one.certificate = authority.issue("DNS:mx.s.test");
    return one;
  }
  Situation required() const {
    Situation one = usual();
    one.mode = TlsMode::dane;
    return one;
  }
  std::string ee() const { return "3 1 1 " + digest_of(usual_certificate.public_key_der()); }

  std::string play(int id);
  std::string play_anchors(int id);
  std::string play_shared_host();
  std::string play_aliases(int id);

  TestAuthority authority;
  TestCertificate usual_certificate = authority.issue("DNS:mx.s.test");
  const std::string nobody = "3 1 1 " + std::string(64, 'a');
};

std::string DaneCorpus::play_aliases(int id) {
  const std::string alias = "mx.s.test. CNAME mx.t.test.\nmx.t.test. A 192.0.2.1\n";
  const std::string records = "_25._tcp.mx.t.test. TLSA " + ee() + "\n";
  Situation one = id == 22 ? required() : usual();
  one.certificate = usual_certificate;
  if (id == 19) {
    one.zone = "s.test. SECURE\nt.test. SECURE\n" + alias + records;
    const TlsDecision decision = one.decide();
    const bool is_end = decision.expectation.server_name == "mx.t.test";
    one.zone = "s.test. SECURE\nt.test. SECURE\n" + alias + "_25._tcp.mx.s.test. TLSA " + ee();
    const bool is_name = one.decide().expectation.server_name == "mx.s.test";
    return is_end && is_name ? "TLSA base" : "no";
  }
  if (id == 20) {
    one.zone = alias + records;
    one.is_host_secure = false;
    return one.decide().expectation.server_name == kHost ? one.outcome() : "no";
  }
  one.zone = "s.test. SECURE\nt.test. SECURE\n" + alias + records;
  const std::string first = one.outcome();
  one.zone = alias + records;
  one.is_host_secure = false;
  return first + ", then " + one.outcome();
}

std::string DaneCorpus::play_anchors(int id) {
  Situation one = usual();
  one.certificate = id == 4 ? authority.issue("DNS:other.test") : usual_certificate;
  one.chain = {authority.certificate};
  Situation other = one;
  const std::string whole = one.tlsa("2 0 1 " + digest_of(authority.certificate.der())).outcome();
  const std::string key =
      other.tlsa("2 1 1 " + digest_of(authority.certificate.public_key_der())).outcome();
  return whole == key ? whole : whole + " and " + key;
}

// Whether the MX is signed or not, the host is held to its records: one connection will do.
std::string DaneCorpus::play_shared_host() {
  Situation secure = usual();
  Situation insecure = usual();
  insecure.is_mx_secure = false;
  const std::string outcomes = secure.tlsa(nobody).outcome() + insecure.tlsa(nobody).outcome();
  return outcomes == "nono" ? "stricter" : "laxer";
}

std::string DaneCorpus::play(int id) {
  Situation one = id == 11 || id == 14 || id == 16 ? required() : usual();
  one.certificate = usual_certificate;
  switch (id) {
    case 1:
      return one.tlsa(ee()).outcome();
    case 2:
      return one.tlsa("3 1 2 " + digest_of(usual_certificate.public_key_der(), EVP_sha512()))
          .outcome();
    case 3:
    case 4:
      return play_anchors(id);
    case 5: {
      one.certificate = authority.issue("DNS:other.test", -1);
      return one.tlsa("3 0 1 " + digest_of(one.certificate.der())).outcome();
    }
    case 6:
      return one.tlsa(nobody).outcome();
    case 7:
      return one.tlsa("1 1 1 " + std::string(64, 'a'))
          .tlsa("3 2 1 " + std::string(64, 'a'))
          .outcome();
    case 8:
    case 9: {
      std::string all;
      for (const char* status : {"SERVFAIL", "BOGUS", "TIMEOUT"}) {
        Situation failing = usual();
        all += failing.tlsa(status).outcome();
      }
      return all == "nonono" ? "no" : all;
    }
    case 10:
    case 11:
      return one.outcome();
    case 12:
    case 13:
    case 14:
      one.zone = "mx.s.test. A 192.0.2.1\n";
      one.is_mx_secure = one.is_host_secure = false;
      return id == 12 ? one.outcome() : one.tlsa(ee()).outcome();
    case 15:
    case 16:
      one.is_host_secure = false;
      return one.tlsa(ee()).outcome();
    case 17:
      one.is_mx_secure = false;
      return one.tlsa(ee()).outcome();
    case 18:
      one.offers_starttls = false;
      return one.tlsa(ee()).outcome();
    case 21:
      return play_shared_host();
    default:
      return play_aliases(id);
  }
}

TEST_F(DaneCorpus, EverySituationComesToItsEnd) {
  std::ifstream cases(std::string(POSTHASTE_CORPORA) + "/dane/scenarios.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus";
  // What each expectation of the corpus is in the words of play().
  const std::map<std::string, std::string> words{
      {"deliver, authenticated", "authenticated"},
      {"do not deliver through this host", "no"},
      {"do not deliver through this host; try the next MX, then defer", "no"},
      {"do not deliver through this host; defer", "no"},
      {"defer", "no"},
      {"deliver over TLS without authentication", "tls"},
      {"deliver as without DANE", "opportunistic"},
      {"fail or defer, never deliver", "no"},
      {"may use DANE for the host but the name is not secure; deliver", "authenticated"},
      {"TLSA base is the CNAME target first, then the original name; SNI is the TLSA base",
       "TLSA base"},
      {"no DANE, no DANE SNI; deliver", "opportunistic"},
      {"never reuse one connection for both without the stricter check", "stricter"},
      {"first delivers, second fails", "authenticated, then no"}};
  int right = 0;
  int all = 0;
  for (std::string line; std::getline(cases, line); ++all) {
    const auto c = nlohmann::json::parse(line);
    const auto expected = words.find(c["expect"].get<std::string>());
    ASSERT_NE(expected, words.end()) << line;
    const std::string came = play(c["id"].get<int>());
    EXPECT_EQ(came, expected->second) << line;
    right += came == expected->second ? 1 : 0;
  }
  std::cout << "DANE situations: " << right << " of " << all << "\n";
}

class TlsPolicyTest : public testing::Test {
 protected:
  TlsDecision decide() const {
    return decide_tls({destination, host, provider_requires, {"d.test"}}, dane);
  }
  void set_sts(MtaStsMode mode, std::vector<std::string> mx) {
    auto policy = std::make_shared<MtaStsPolicy>();
    policy->mode = mode;
    policy->mx = std::move(mx);
    policy->lines = {"version: STSv1"};
    auto terms = std::make_shared<TlsTerms>();
    terms->sts = policy;
    destination.tls = terms;
  }
  void set_mode(TlsMode mode, std::vector<std::string> names = {}) {
    auto terms = std::make_shared<TlsTerms>();
    terms->mode = mode;
    terms->names = std::move(names);
    destination.tls = terms;
  }
  void set_route(RouteTls tls) {
    auto route = std::make_shared<RouteConfig>();
    route->tls = tls;
    destination.route = route;
  }
  void set_dane() {
    dane.status = DaneAnswer::Status::usable;
    dane.base_domain = "mx.d.test";
    dane.records = {{3, 1, 1, std::string(32, 'x')}};
  }

  Destination destination;
  MxHost host{"mx.d.test", 10, {{"192.0.2.1", 25}}, true};
  bool provider_requires = false;
  DaneAnswer dane;
};

using Kind = TlsExpectation::Kind;

TEST_F(TlsPolicyTest, IsOpportunisticWhereNobodySaysAnything) {
  const TlsDecision decision = decide();
  EXPECT_EQ(decision.use, UseTls::if_offered);
  EXPECT_TRUE(decision.is_opportunistic());
  EXPECT_EQ(decision.policy.type, TlsPolicyType::no_policy_found);
  provider_requires = true;
  EXPECT_EQ(decide().use, UseTls::always);
  EXPECT_EQ(decide().expectation.kind, Kind::any);
}

TEST_F(TlsPolicyTest, EnforcesAnMtaStsPolicy) {
  set_sts(MtaStsMode::enforce, {"*.d.test"});
  const TlsDecision decision = decide();
  EXPECT_EQ(decision.use, UseTls::always);
  EXPECT_TRUE(decision.is_enforced);
  EXPECT_EQ(decision.expectation.kind, Kind::pkix);
  EXPECT_EQ(decision.expectation.names, std::vector<std::string>{"mx.d.test"});
  EXPECT_EQ(decision.policy.type, TlsPolicyType::sts);
  EXPECT_EQ(decision.verified_as, "mta-sts");
}

TEST_F(TlsPolicyTest, SendsNothingToAHostThatAnMtaStsPolicyDoesNotName) {
  set_sts(MtaStsMode::enforce, {"mx.other.test"});
  EXPECT_TRUE(decide().is_refused);
  EXPECT_EQ(decide().failure, TlsFailureType::validation_failure);
}

TEST_F(TlsPolicyTest, OnlyReportsWhatAnMtaStsPolicyTests) {
  set_sts(MtaStsMode::testing, {"mx.other.test"});
  const TlsDecision decision = decide();
  EXPECT_FALSE(decision.is_refused);
  EXPECT_FALSE(decision.is_enforced);
  EXPECT_EQ(decision.use, UseTls::if_offered);
  EXPECT_FALSE(decision.is_opportunistic());
  EXPECT_EQ(decision.failure, TlsFailureType::validation_failure);
}

TEST_F(TlsPolicyTest, ObeysDaneBeforeMtaSts) {
  set_sts(MtaStsMode::enforce, {"mx.other.test"});
  set_dane();
  EXPECT_FALSE(decide().is_refused);
  EXPECT_EQ(decide().expectation.kind, Kind::dane);
  EXPECT_EQ(decide().policy.type, TlsPolicyType::tlsa);
  dane.status = DaneAnswer::Status::failed;
  EXPECT_TRUE(decide().is_refused);
  EXPECT_EQ(decide().failure, TlsFailureType::dnssec_invalid);
}

TEST_F(TlsPolicyTest, AsksTheOperatorFirst) {
  set_dane();
  set_mode(TlsMode::off);
  EXPECT_EQ(decide().use, UseTls::never);
  set_mode(TlsMode::opportunistic);
  EXPECT_EQ(decide().use, UseTls::if_offered);
  set_mode(TlsMode::required);
  EXPECT_EQ(decide().use, UseTls::always);
  EXPECT_FALSE(decide().is_enforced);
  set_mode(TlsMode::verified);
  EXPECT_EQ(decide().expectation.names, std::vector<std::string>{"mx.d.test"});
  EXPECT_TRUE(decide().is_enforced);
  set_mode(TlsMode::verified, {"d.test"});
  EXPECT_EQ(decide().expectation.names, std::vector<std::string>{"d.test"});
}

TEST_F(TlsPolicyTest, SendsNothingWhereDaneIsDemandedAndNotThere) {
  set_mode(TlsMode::dane);
  destination.secure = true;
  EXPECT_EQ(decide().failure, TlsFailureType::dane_required);
  set_dane();
  EXPECT_FALSE(decide().is_refused);
  destination.secure = false;
  EXPECT_TRUE(decide().is_refused);
}

TEST_F(TlsPolicyTest, LeavesRoutesToTheirOwnTls) {
  set_sts(MtaStsMode::enforce, {"mx.other.test"});
  for (const auto& [tls, use] : {std::pair{RouteTls::off, UseTls::never},
                                 std::pair{RouteTls::opportunistic, UseTls::if_offered},
                                 std::pair{RouteTls::required, UseTls::always},
                                 std::pair{RouteTls::implicit, UseTls::always}}) {
    set_route(tls);
    EXPECT_EQ(decide().use, use);
    EXPECT_EQ(decide().is_enforced, use == UseTls::always);
  }
  host = {"[192.0.2.1]", 0, {{"192.0.2.1", 25}}, false};
  EXPECT_EQ(decide().expectation.server_name, "192.0.2.1");
  EXPECT_TRUE(decide().expectation.names.empty());
}

TEST_F(TlsPolicyTest, SetsPoliciesAsideForMailThatSaysTlsIsNotRequired) {
  destination.demand = TlsDemand::optional;
  set_sts(MtaStsMode::enforce, {"mx.other.test"});
  provider_requires = true;
  EXPECT_FALSE(wants_dane({destination, host, false, {}}));
  EXPECT_EQ(decide().use, UseTls::if_offered);
  EXPECT_FALSE(decide().is_refused);
  set_route(RouteTls::required);
  EXPECT_TRUE(decide().is_enforced);  // the operator's word stands
}

TEST_F(TlsPolicyTest, SendsMailThatRequiresTlsOnlyWhereTheHostIsCertain) {
  destination.demand = TlsDemand::required;
  EXPECT_TRUE(decide().is_refused);  // the MX record may be anybody's
  destination.secure = true;
  EXPECT_TRUE(decide().is_enforced);
  EXPECT_EQ(decide().expectation.kind, Kind::pkix);
  set_dane();
  EXPECT_EQ(decide().expectation.kind, Kind::dane);
  dane = {};
  destination.secure = false;
  set_sts(MtaStsMode::testing, {"mx.d.test"});
  EXPECT_TRUE(decide().is_enforced);  // testing is no excuse
  set_sts(MtaStsMode::testing, {"mx.other.test"});
  EXPECT_TRUE(decide().is_refused);
  set_mode(TlsMode::off);
  destination.secure = true;
  EXPECT_TRUE(decide().is_refused);
}

}  // namespace
}  // namespace posthaste
