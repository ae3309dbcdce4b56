#include "identity/dmarc/dmarc.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>

#include "identity/dmarc/author_domain.h"
#include "identity/dmarc/dmarc_walk.h"
#include "identity/dmarc/public_suffix.h"
#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

boost::asio::awaitable<void> evaluate_into(DmarcQuery query, Resolver& resolver,
                                           DmarcVerdict& verdict) {
  verdict = co_await evaluate_dmarc(std::move(query), resolver);
}

DmarcVerdict evaluate(DmarcQuery query, Resolver& resolver) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  DmarcVerdict verdict;
  group.spawn(evaluate_into(std::move(query), resolver, verdict));
  loop.run();
  return verdict;
}

boost::asio::awaitable<void> discover_into(std::string domain, Resolver& resolver,
                                           DmarcDiscovery& discovery) {
  discovery = co_await discover_dmarc(std::move(domain), resolver);
}

DmarcDiscovery discover(std::string domain, Resolver& resolver) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  DmarcDiscovery discovery;
  group.spawn(discover_into(std::move(domain), resolver, discovery));
  loop.run();
  return discovery;
}

// RFC 9989 §4.10
TEST(DmarcWalk, AsksForAtMostEightNames) {
  EXPECT_EQ(
      dmarc_walk_names("a.b.c.d.e.f.g.h.i.j.mail.example.com"),
      (std::vector<std::string>{"a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com",
                                "h.i.j.mail.example.com", "i.j.mail.example.com",
                                "j.mail.example.com", "mail.example.com", "example.com", "com"}));
  EXPECT_EQ(dmarc_walk_names("a.b.c.d.e.f.g.com").size(), 8u);
  EXPECT_EQ(dmarc_walk_names("mail.example.com"),
            (std::vector<std::string>{"mail.example.com", "example.com", "com"}));
}

// RFC 9989 §B.4.1
TEST(Dmarc, TakesTheHighestRecordForTheOrganization) {
  ZoneTextResolver dns(R"(
    _dmarc.example.com. TXT "v=DMARC1; p=reject"
    _dmarc.signing.example.com. TXT "v=DMARC1; p=none"
  )");
  EXPECT_EQ(discover("signing.example.com", dns).organizational_domain, "example.com");
  EXPECT_EQ(discover("signing.example.com", dns).record_domain, "signing.example.com");
  const DmarcVerdict verdict =
      evaluate({.from_domain = "Example.com", .dkim_domains = {"signing.example.com"}}, dns);
  EXPECT_EQ(verdict.result, DmarcResult::pass);
  EXPECT_EQ(verdict.aligned_dkim_domain, "signing.example.com");
  EXPECT_FALSE(verdict.is_by_suffix_list);
}

// RFC 9989 §B.4.2
TEST(Dmarc, FindsTheRecordOfADeepName) {
  ZoneTextResolver dns(R"(_dmarc.example.com. TXT "v=DMARC1; p=reject; sp=quarantine")");
  const DmarcDiscovery found = discover("a.b.c.d.e.f.g.h.i.j.k.example.com", dns);
  EXPECT_EQ(found.status, DmarcDiscovery::Status::found);
  EXPECT_EQ(found.record_domain, "example.com");
  EXPECT_EQ(found.organizational_domain, "example.com");
  EXPECT_EQ(found.lookups, 8);
}

// RFC 9989 §B.4.3
TEST(Dmarc, StopsAtAPublicSuffix) {
  ZoneTextResolver dns(R"(
    _dmarc.bank.example. TXT "v=DMARC1; p=reject; psd=y"
    _dmarc.giant.bank.example. TXT "v=DMARC1; p=quarantine"
  )");
  EXPECT_EQ(discover("mail.mega.bank.example", dns).organizational_domain, "mega.bank.example");
  EXPECT_EQ(discover("mail.mega.bank.example", dns).record_domain, "bank.example");
  EXPECT_EQ(discover("bank.example", dns).organizational_domain, "bank.example");
  const DmarcVerdict spf =
      evaluate({.from_domain = "giant.bank.example", .spf_domain = "mail.giant.bank.example"}, dns);
  EXPECT_EQ(spf.result, DmarcResult::pass);
  EXPECT_TRUE(spf.spf_aligned);
  const DmarcVerdict dkim = evaluate(
      {.from_domain = "giant.bank.example", .dkim_domains = {"mail.mega.bank.example"}}, dns);
  EXPECT_EQ(dkim.result, DmarcResult::fail);
  EXPECT_EQ(dkim.disposition, DmarcPolicy::quarantine);
}

TEST(Dmarc, KeepsApartWhatSaysThatItIsAnOrganization) {
  ZoneTextResolver dns(R"(
    _dmarc.example.com. TXT "v=DMARC1; p=reject"
    _dmarc.unit.example.com. TXT "v=DMARC1; p=reject; psd=n"
  )");
  EXPECT_EQ(discover("mail.unit.example.com", dns).organizational_domain, "unit.example.com");
  for (const auto& [from, signer] : {std::pair("example.com", "unit.example.com"),
                                     std::pair("unit.example.com", "example.com")}) {
    EXPECT_EQ(evaluate({.from_domain = from, .dkim_domains = {signer}}, dns).result,
              DmarcResult::fail)
        << from;
  }
}

TEST(Dmarc, WantsTheSameDomainWhereAlignmentIsStrict) {
  ZoneTextResolver dns(R"(_dmarc.example.com. TXT "v=DMARC1; p=reject; adkim=s; aspf=s")");
  EXPECT_EQ(evaluate({.from_domain = "example.com",
                      .spf_domain = "bounce.example.com",
                      .dkim_domains = {"mail.example.com"}},
                     dns)
                .result,
            DmarcResult::fail);
  EXPECT_EQ(evaluate({.from_domain = "example.com", .dkim_domains = {"EXAMPLE.com"}}, dns).result,
            DmarcResult::pass);
}

// RFC 9989 §4.10.1
TEST(Dmarc, AppliesThePolicyOfTheRightKindOfName) {
  ZoneTextResolver dns(R"(
    _dmarc.example.com. TXT "v=DMARC1; p=none; sp=quarantine; np=reject"
    there.example.com. A 192.0.2.1
    _dmarc.test.example. TXT "v=DMARC1; p=reject; t=y"
    _dmarc.trial.example. TXT "v=DMARC1; p=quarantine; t=y"
  )");
  EXPECT_EQ(evaluate({.from_domain = "example.com"}, dns).disposition, DmarcPolicy::none);
  EXPECT_EQ(evaluate({.from_domain = "there.example.com"}, dns).disposition,
            DmarcPolicy::quarantine);
  EXPECT_EQ(evaluate({.from_domain = "not.example.com"}, dns).disposition, DmarcPolicy::reject);
  const DmarcVerdict tested = evaluate({.from_domain = "test.example"}, dns);
  EXPECT_EQ(tested.policy, DmarcPolicy::reject);
  EXPECT_EQ(tested.disposition, DmarcPolicy::quarantine);
  EXPECT_EQ(evaluate({.from_domain = "trial.example"}, dns).disposition, DmarcPolicy::none);
}

TEST(Dmarc, SaysNothingWithoutOneRecord) {
  ZoneTextResolver dns(R"(
    _dmarc.two.example. TXT "v=DMARC1; p=reject"
    _dmarc.two.example. TXT "v=DMARC1; p=none"
    _dmarc.bad.example. TXT "v=DMARC1; p=rejct"
    _dmarc.other.example. TXT "v=spf1 -all"
  )");
  EXPECT_EQ(evaluate({.from_domain = "two.example"}, dns).result, DmarcResult::none);
  EXPECT_EQ(evaluate({.from_domain = "other.example"}, dns).result, DmarcResult::none);
  EXPECT_EQ(evaluate({.from_domain = ""}, dns).result, DmarcResult::none);
  const DmarcVerdict bad = evaluate({.from_domain = "bad.example"}, dns);
  EXPECT_EQ(bad.result, DmarcResult::permerror);
  EXPECT_NE(bad.problem.find("p=rejct"), std::string::npos) << bad.problem;
}

TEST(Dmarc, IsUndecidedWhereDnsIsSilent) {
  ZoneTextResolver dns(R"(
    _dmarc.silent.example. TXT SERVFAIL
    _dmarc.example.com. TXT "v=DMARC1; p=reject"
    _dmarc.mail.example.com. TXT TIMEOUT
    _dmarc.com. TXT TIMEOUT
  )");
  EXPECT_EQ(evaluate({.from_domain = "silent.example"}, dns).result, DmarcResult::temperror);
  EXPECT_EQ(evaluate({.from_domain = "example.com"}, dns).result, DmarcResult::fail);
  EXPECT_EQ(evaluate({.from_domain = "example.com", .had_temporary_failure = true}, dns).result,
            DmarcResult::temperror);
  // Whatever "com" says, both have the same organization.
  EXPECT_EQ(
      evaluate({.from_domain = "example.com", .dkim_domains = {"news.example.com"}}, dns).result,
      DmarcResult::pass);
  // It might say psd=n.
  EXPECT_EQ(
      evaluate({.from_domain = "example.com", .dkim_domains = {"mail.example.com"}}, dns).result,
      DmarcResult::temperror);
}

TEST(Dmarc, ReadsOldRecordsByThePublicSuffixList) {
  ZoneTextResolver dns(R"(_dmarc.news.example.co.uk. TXT "v=DMARC1; p=reject")");
  const DmarcVerdict parent =
      evaluate({.from_domain = "news.example.co.uk", .dkim_domains = {"example.co.uk"}}, dns);
  EXPECT_EQ(parent.result, DmarcResult::pass);
  EXPECT_TRUE(parent.is_by_suffix_list);
  for (const std::string other : {"co.uk", "shop.example.co.uk", "other.co.uk", "uk"}) {
    EXPECT_EQ(evaluate({.from_domain = "news.example.co.uk", .dkim_domains = {other}}, dns).result,
              DmarcResult::fail)
        << other;
  }
}

TEST(Dmarc, MakesNoWalkForStrangers) {
  ZoneTextResolver dns(R"(_dmarc.example.com. TXT "v=DMARC1; p=reject")");
  DmarcQuery query{.from_domain = "example.com"};
  for (int i = 0; i < 1000; ++i) {
    query.dkim_domains.push_back("d" + std::to_string(i) + ".hostile.example");
    query.dkim_domains.push_back("d" + std::to_string(i) + ".example.com");
  }
  query.dkim_domains.erase(query.dkim_domains.begin() + 1);  // so that a stranger comes first
  EXPECT_EQ(evaluate(query, dns).result, DmarcResult::pass);
  EXPECT_EQ(dns.asked("_dmarc.d0.hostile.example", RecordType::txt), 0u);
  EXPECT_EQ(dns.asked("_dmarc.d1.example.com", RecordType::txt), 1u);
  EXPECT_EQ(dns.asked("_dmarc.d500.example.com", RecordType::txt), 0u);
  EXPECT_EQ(dns.asked("_dmarc.example.com", RecordType::txt), 1u);
  query.spf_domain = "bounce.example.com";
  EXPECT_TRUE(evaluate(query, dns).spf_aligned);
}

// RFC 9989 §5.3.1
TEST(AuthorDomain, IsTheOneOfTheOneFromField) {
  EXPECT_EQ(find_author_domain("From: A <a@B\xc3\xbc"
                               "cher.example>\r\n\r\nx")
                .domain,
            "xn--bcher-kva.example");
  EXPECT_EQ(find_author_domain("From: a@x.example, b@X.example\n\n").domain, "x.example");
  for (const std::string message :
       {"\r\n", "Subject: x\r\n\r\nFrom: a@x.example\r\n",
        "From: a@x.example\r\nFrom: a@x.example\r\n\r\n", "From: a@x.example, b@y.example\r\n\r\n",
        "From: nobody\r\n\r\n", "From: a@[192.0.2.1]\r\n\r\n"}) {
    EXPECT_EQ(find_author_domain(message).domain, "") << message;
    EXPECT_NE(find_author_domain(message).problem, "") << message;
  }
}

TEST(PublicSuffix, KnowsWhatARegistrySells) {
  EXPECT_EQ(registrable_domain("a.b.example.co.uk"), "example.co.uk");
  EXPECT_EQ(registrable_domain("example.com"), "example.com");
  EXPECT_EQ(registrable_domain("co.uk"), "");
}

}  // namespace
}  // namespace posthaste
