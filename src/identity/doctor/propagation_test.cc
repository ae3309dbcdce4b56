#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "identity/doctor/doctor_fixture.h"
#include "identity/doctor/modelled_dns.h"
#include "identity/doctor/report_text.h"

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kKeyName = "mail._domainkey.example.com";

// Two name servers of example.com, each of which says what its zone holds; outside it nothing is
// asked of them.
class TwoServers final : public AuthoritativeServers {
 public:
  explicit TwoServers(const std::string& zone) : first(zone), second(zone) {}

  boost::asio::awaitable<AuthoritativeAnswer> ask(std::string name, RecordType type) override {
    AuthoritativeAnswer all;
    if (!name.ends_with("example.com")) co_return all;
    all.zone = "example.com";
    DnsResult one = co_await first.lookup(name, type);
    DnsResult two = co_await second.lookup(name, type);
    all.answers.push_back({"ns1.example.net", std::move(one)});
    all.answers.push_back({"ns2.example.net", std::move(two)});
    co_return all;
  }

  ZoneTextResolver first;
  ZoneTextResolver second;
};

boost::asio::awaitable<void> ask(Resolver& resolver, std::string name, DnsResult& into) {
  into = co_await resolver.lookup(std::move(name), RecordType::txt);
}

DnsResult look_up(Resolver& resolver, const std::string& name) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  DnsResult result;
  group.spawn(ask(resolver, name, result));
  loop.run();
  return result;
}

TEST(Propagation, SaysThatAKeyIsVisibleEverywhere) {
  DoctorPatient patient;
  TwoServers servers(patient.zone.text());
  const DoctorReport report = patient.examine_now(&servers);
  EXPECT_THAT(troubles(report), IsEmpty()) << report_text(report, {});
  EXPECT_THAT(report_text(report, {.width = 1000}),
              HasSubstr("visible everywhere: at 2 name servers of example.com and through the "
                        "resolver"));
}

TEST(Propagation, TellsHowLongTheResolverKeepsTheOldRecord) {
  DoctorPatient patient;
  TwoServers servers(patient.zone.text());
  patient.zone.remove(std::string(kKeyName) + ". TXT");
  patient.zone.add(DoctorPatient::filled(std::string(kKeyName) + ". 240 TXT \"{other}\""));
  const DoctorReport report = patient.examine_now(&servers);
  EXPECT_THAT(troubles(report), ElementsAre("info propagation")) << report_text(report, {});
  const std::string text = report_text(report, {.width = 1000});
  EXPECT_THAT(text, HasSubstr("wait 4 min more"));
  EXPECT_THAT(text, HasSubstr("not yet visible everywhere"));
}

TEST(Propagation, NamesTheServerThatHasNotHeard) {
  DoctorPatient patient;
  TwoServers servers(patient.zone.text());
  patient.zone.remove(std::string(kKeyName) + ". TXT");
  servers.second.replace(patient.zone.text());
  patient.zone.add(DoctorPatient::filled(std::string(kKeyName) + ". TXT \"{key}\""));
  const DoctorReport report = patient.examine_now(&servers);
  EXPECT_THAT(troubles(report), ElementsAre("warning propagation")) << report_text(report, {});
  EXPECT_THAT(find_trouble(report, "propagation")->found,
              HasSubstr("ns2.example.net says nothing"));
}

TEST(Propagation, JudgesWhatWasPublishedNotWhatCachesKept) {
  DoctorPatient patient;
  TwoServers servers(patient.zone.text());
  patient.zone.remove("_dmarc.example.com. TXT");
  EXPECT_THAT(troubles(patient.examine_now(&servers)), ElementsAre("info propagation"));
}

TEST(Propagation, SeesThatAZoneIsBogusThoughItsServersAnswer) {
  DoctorPatient patient;
  TwoServers servers(patient.zone.text());
  patient.zone.add("_dmarc.example.com. BOGUS");
  const DoctorReport report = patient.examine_now(&servers);
  EXPECT_THAT(troubles(report), ElementsAre("error propagation"));
  EXPECT_THAT(find_trouble(report, "propagation")->remedy.advice, HasSubstr("DNSSEC"));
}

TEST(TwoViews, SayTheSameOfAQuestionThatIsAskedTwice) {
  // Its servers do not validate; the resolver does, and may see what they do not say.
  TwoServers servers("example.com. SECURE\nexample.com. TXT \"new\"\nb.example.com. TXT \"b\"\n");
  ZoneTextResolver resolver(
      "example.com. TXT \"new\"\nb.example.com. SECURE\nb.example.com. TXT \"b\"\n");
  TwoViews views(resolver, &servers, {"example.com"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(look_up(views, "example.com").secure) << i;
    EXPECT_TRUE(look_up(views, "b.example.com").secure) << i;
  }
}

TEST(ModelledDns, GivesEachServerItsOwnAnswers) {
  Result<ModelledDns> dns = ModelledDns::parse(
      R"({"a.example.com TXT": ["old"], "b.example.com TXT": ["same"],
          "a.example.com TXT @authoritative": ["new"],
          "a.example.com TXT @ns2.example.net": "NXDOMAIN",
          "b.example.com TXT @ns1.example.net": ["same"]})");
  ASSERT_TRUE(dns) << dns.error().message();
  ASSERT_NE(dns->authoritative(), nullptr);
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  AuthoritativeAnswer answer;
  const auto ask = [](AuthoritativeServers& servers,
                      AuthoritativeAnswer& into) -> boost::asio::awaitable<void> {
    into = co_await servers.ask("a.example.com", RecordType::txt);
  };
  group.spawn(ask(*dns->authoritative(), answer));
  loop.run();
  EXPECT_EQ(answer.zone, "example.com");
  ASSERT_EQ(answer.answers.size(), 2u);
  EXPECT_EQ(answer.answers[0].result.strings(), std::vector<std::string>{"new"});
  EXPECT_EQ(answer.answers[1].result.status, DnsStatus::nxdomain);
}

TEST(ModelledDns, HasOneSideWhereNoServerIsNamed) {
  Result<ModelledDns> dns = ModelledDns::parse(R"({"example.com TXT": ["v=spf1 -all"]})");
  ASSERT_TRUE(dns);
  EXPECT_EQ(dns->authoritative(), nullptr);
  EXPECT_FALSE(ModelledDns::parse("[]"));
  EXPECT_FALSE(ModelledDns::parse(R"({"example.com TXT @ns1": "PERHAPS"})"));
}

}  // namespace
}  // namespace posthaste
