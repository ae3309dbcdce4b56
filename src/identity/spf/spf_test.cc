#include "identity/spf/spf.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <chrono>
#include <string>

#include "identity/spf/spf_fixture.h"
#include "identity/spf/spf_macro.h"
#include "platform/dns/zone_text_resolver.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

SpfQuery from(std::string mail_from, std::string address = "192.0.2.1") {
  return {
      .address = std::move(address), .helo = "mail.example.com", .mail_from = std::move(mail_from)};
}

// Answers as another does, and counts; every question takes `cost` of the clock.
class CountingResolver final : public Resolver {
 public:
  CountingResolver(Resolver& other, ManualClock& clock, Clock::duration cost)
      : other_(other), clock_(clock), cost_(cost) {}
  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override {
    ++count_;
    clock_.advance(cost_);
    co_return co_await other_.lookup(std::move(name), type);
  }
  int count() const { return count_; }

 private:
  Resolver& other_;
  ManualClock& clock_;
  Clock::duration cost_;
  int count_ = 0;
};

TEST(Spf, SaysWhatMatchedAndWhatItCost) {
  ZoneTextResolver dns(R"(
    example.com. TXT "v=spf1 include:esp.example mx -all"
    example.com. MX 10 mx.example.com.
    mx.example.com. A 192.0.2.1
    esp.example. TXT "v=spf1 ip4:198.51.100.0/24 -all"
  )");
  const SpfVerdict pass = SpfRun::check(from("a@Example.com"), dns);
  EXPECT_EQ(pass.result, SpfResult::pass);
  EXPECT_EQ(pass.domain, "example.com");
  EXPECT_EQ(pass.mechanism, "mx");
  EXPECT_EQ(pass.lookups, 2);
  EXPECT_EQ(pass.void_lookups, 0);
  EXPECT_EQ(SpfRun::check(from("a@example.com", "198.51.100.7"), dns).mechanism,
            "include:esp.example");
  const SpfVerdict fail = SpfRun::check(from("a@example.com", "2001:db8::1"), dns);
  EXPECT_EQ(fail.result, SpfResult::fail);
  EXPECT_EQ(fail.mechanism, "-all");
}

TEST(Spf, ChecksHeloOfTheNullSender) {
  ZoneTextResolver dns(R"(mail.example.com. TXT "v=spf1 ip4:192.0.2.1 -all")");
  const SpfVerdict verdict = SpfRun::check(from("", "::ffff:192.0.2.1"), dns);
  EXPECT_EQ(verdict.result, SpfResult::pass);
  EXPECT_TRUE(verdict.is_of_helo);
  EXPECT_EQ(verdict.domain, "mail.example.com");
}

TEST(Spf, ReadsInternationalDomainsAsALabels) {
  ZoneTextResolver dns(R"(xn--bcher-kva.example. TXT "v=spf1 ip4:192.0.2.1 -all")");
  EXPECT_EQ(SpfRun::check(from("a@b\xc3\xbc"
                               "cher.example"),
                          dns)
                .result,
            SpfResult::pass);
  EXPECT_EQ(SpfRun::check(from("a@\xff.example"), dns).result, SpfResult::none);
}

TEST(Spf, SaysWhatIsWrong) {
  ZoneTextResolver dns(R"(
    typo.example. TXT "v=spf1 ipv4:192.0.2.1 -all"
    two.example. TXT "v=spf1 -all"
    two.example. TXT "v=spf1 +all"
    slow.example. TXT TIMEOUT
  )");
  EXPECT_NE(SpfRun::check(from("a@typo.example"), dns).problem.find("\"ipv4:192.0.2.1\""),
            std::string::npos);
  EXPECT_EQ(SpfRun::check(from("a@two.example"), dns).problem,
            "two.example has 2 SPF records: keep one");
  const SpfVerdict slow = SpfRun::check(from("a@slow.example"), dns);
  EXPECT_EQ(slow.result, SpfResult::temperror);
  EXPECT_NE(slow.problem.find("slow.example"), std::string::npos);
  EXPECT_EQ(SpfRun::check(from("a@two.example", "localhost"), dns).result, SpfResult::permerror);
}

TEST(Spf, ExpandsTimeAndReceiverInExplanations) {
  ZoneTextResolver dns(R"(
    example.com. TXT "v=spf1 -all exp=why.example.com"
    why.example.com. TXT "%{c} at %{t} to %{r} by %{h}%-%{L}"
  )");
  SpfQuery query = from("a b@example.com");
  query.receiver = "mx.example.net";
  query.time = WallTime(1'800'000'000s);
  EXPECT_EQ(SpfRun::check(query, dns).explanation,
            "192.0.2.1 at 1800000000 to mx.example.net by mail.example.com%20a%20b");
}

// RFC 7208 §4.6.4
TEST(Spf, EndsIncludesThatNeverEnd) {
  std::string zone =
      "loop.example. TXT \"v=spf1 include:loop.example include:loop.example -all\"\n";
  for (int i = 0; i < 100; ++i) {
    zone +=
        fmt::format("i{}.example. TXT \"v=spf1 include:i{}.example include:i{}.example -all\"\n", i,
                    i + 1, i + 1);
  }
  ZoneTextResolver text(zone);
  ManualClock clock;
  CountingResolver dns(text, clock, 0s);
  for (const std::string domain : {"loop.example", "i0.example"}) {
    const SpfVerdict verdict = SpfRun::check(from("a@" + domain), dns, clock);
    EXPECT_EQ(verdict.result, SpfResult::permerror);
    EXPECT_NE(verdict.problem.find("more than 10"), std::string::npos) << verdict.problem;
  }
  EXPECT_LE(dns.count(), 2 * 11);
}

TEST(Spf, AsksForNoMoreHostsThanItMay) {
  std::string zone = "example.com. TXT \"v=spf1 mx mx mx mx mx mx mx mx mx mx -all\"\n";
  for (int i = 0; i < 1000; ++i) {
    zone += fmt::format("example.com. MX {} mx{}.example.com.\n", i, i);
    zone += fmt::format("1.2.0.192.in-addr.arpa. PTR h{}.example.net.\n", i);
  }
  zone += "ptr.example. TXT \"v=spf1 ptr ptr ptr ptr exists:%{p}.x.example -all\"\n";
  ZoneTextResolver text(zone);
  ManualClock clock;
  CountingResolver dns(text, clock, 0s);
  EXPECT_EQ(SpfRun::check(from("a@example.com"), dns, clock).result, SpfResult::permerror);
  EXPECT_LE(dns.count(), 1 + 1 + 10);
  CountingResolver other(text, clock, 0s);
  EXPECT_EQ(SpfRun::check(from("a@ptr.example"), other, clock).result, SpfResult::fail);
  EXPECT_LE(other.count(), 1 + 1 + 10 + 1);
}

TEST(Spf, StopsAskingWhenTimeIsOver) {
  ZoneTextResolver text(R"(
    example.com. TXT "v=spf1 a:a.example.com a:b.example.com a:c.example.com -all"
    a.example.com. A 192.0.2.9
    b.example.com. A 192.0.2.9
    c.example.com. A 192.0.2.9
  )");
  ManualClock clock;
  CountingResolver dns(text, clock, 10s);
  const SpfVerdict verdict = SpfRun::check(from("a@example.com"), dns, clock);
  EXPECT_EQ(verdict.result, SpfResult::temperror);
  EXPECT_EQ(dns.count(), 2);
}

TEST(Spf, HoldsOutAgainstHugeRecords) {
  std::string terms = "v=spf1";
  while (terms.size() < 60'000) terms += " ip4:198.51.100.1 -ip6:2001:db8::/32";
  std::string macros = "v=spf1 exists:";
  while (macros.size() < 60'000) macros += "%{s}%{S}%{i}";
  std::string explanation;
  while (explanation.size() < 60'000) explanation += "%{S}%{H}";
  ZoneTextResolver dns("terms.example. TXT \"" + terms + " -all\"\n" +              //
                       "macros.example. TXT \"" + macros + ".%{d} -all\"\n" +       //
                       "exp.example. TXT \"v=spf1 -all exp=bomb.example.com\"\n" +  //
                       "bomb.example.com. TXT \"" + explanation + "\"\n");
  EXPECT_EQ(SpfRun::check(from("a@terms.example"), dns).result, SpfResult::fail);
  const std::string local(64, '&');
  EXPECT_EQ(SpfRun::check(from(local + "@macros.example"), dns).result, SpfResult::fail);
  const SpfVerdict bomb = SpfRun::check(from(local + "@exp.example"), dns);
  EXPECT_EQ(bomb.result, SpfResult::fail);
  EXPECT_EQ(bomb.explanation, "");
}

// RFC 7208 §7.4
TEST(SpfMacro, ExpandsTheExamplesOfTheStandard) {
  SpfMacroValues values{.sender_local = "strong-bad",
                        .sender_domain = "email.example.com",
                        .domain = "email.example.com",
                        .address = boost::asio::ip::make_address("192.0.2.3")};
  const auto expand = [&values](std::string_view text) {
    const auto parsed = SpfMacroString::parse(text, SpfMacroUse::explanation);
    return parsed ? parsed->expand(values, 1000) : "malformed";
  };
  EXPECT_EQ(expand("%{s}"), "strong-bad@email.example.com");
  EXPECT_EQ(expand("%{o}"), "email.example.com");
  EXPECT_EQ(expand("%{d4}"), "email.example.com");
  EXPECT_EQ(expand("%{d2}"), "example.com");
  EXPECT_EQ(expand("%{d1}"), "com");
  EXPECT_EQ(expand("%{dr}"), "com.example.email");
  EXPECT_EQ(expand("%{d2r}"), "example.email");
  EXPECT_EQ(expand("%{l-}"), "strong.bad");
  EXPECT_EQ(expand("%{lr}"), "strong-bad");
  EXPECT_EQ(expand("%{lr-}"), "bad.strong");
  EXPECT_EQ(expand("%{l1r-}"), "strong");
  EXPECT_EQ(expand("%{ir}.%{v}._spf.%{d2}"), "3.2.0.192.in-addr._spf.example.com");
  EXPECT_EQ(expand("%{lr-}.lp._spf.%{d2}"), "bad.strong.lp._spf.example.com");
  EXPECT_EQ(expand("%{d99999999999999999999999}"), "email.example.com");
  for (const std::string bad :
       {"%", "%{", "%{}", "%{d", "%{x}", "%{d0}", "%{dr2}", "%{d!}", "%a"}) {
    EXPECT_EQ(expand(bad), "malformed") << bad;
  }
  values.address = boost::asio::ip::make_address("2001:db8::cb01");
  EXPECT_EQ(expand("%{ir}.%{v}._spf.%{d2}"),
            "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com");
}

}  // namespace
}  // namespace posthaste
