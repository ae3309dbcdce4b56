#include "identity/blocklist/dns_blocklists.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Status = BlocklistAnswer::Status;
using Answers = std::vector<BlocklistAnswer>;

constexpr const char* kV6Test = "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";

asio::awaitable<void> ask_address(Blocklists& lists, std::string address, Answers& answers) {
  answers = co_await lists.check_address(std::move(address));
}

asio::awaitable<void> ask_domain(Blocklists& lists, std::string domain, Answers& answers) {
  answers = co_await lists.check_domain(std::move(domain));
}

BlocklistZone zone(const std::string& name, std::vector<BlocklistKind> lists) {
  BlocklistZone zone;
  zone.name = zone.suffix = name;
  zone.lists = std::move(lists);
  return zone;
}

// One zone "bl.test" of addresses and one, "dbl.test", of domains, both alive.
class DnsBlocklistsTest : public testing::Test {
 protected:
  static constexpr const char* kAlive = R"(
    2.0.0.127.bl.test. A 127.0.0.2
    test.dbl.test. A 127.0.1.2
  )";

  Answers address(const std::string& text) {
    Answers answers;
    TaskGroup group(loop_.get_executor());
    group.spawn(ask_address(lists_, text, answers));
    run();
    return answers;
  }
  Answers domain(const std::string& text) {
    Answers answers;
    TaskGroup group(loop_.get_executor());
    group.spawn(ask_domain(lists_, text, answers));
    run();
    return answers;
  }
  void run() {
    loop_.restart();
    loop_.run();
  }
  void world(const std::string& text) { resolver_.replace(kAlive + text); }

  static std::vector<BlocklistZone> zones() {
    BlocklistZone addresses = zone("bl.test", {BlocklistKind::ipv4, BlocklistKind::ipv6});
    addresses.codes = {*BlocklistCode::parse("127.0.0.2 SBL: sends spam")};
    addresses.remove_at = "https://bl.test/?q={query}";
    addresses.tier = BlocklistTier::page;
    return {addresses, zone("dbl.test", {BlocklistKind::domain})};
  }

  asio::io_context loop_;
  ManualClock clock_;
  ZoneTextResolver resolver_{kAlive};
  DnsBlocklists lists_{resolver_, clock_, zones()};
};

TEST_F(DnsBlocklistsTest, FindsAListingWithAllThatIsKnownOfIt) {
  world(R"(
    7.113.0.203.bl.test. A 127.0.0.2
    7.113.0.203.bl.test. TXT "Blocked: see https://bl.test/SBL1"
  )");
  const Answers answers = address("203.0.113.7");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].zone, "bl.test");
  EXPECT_EQ(answers[0].tier, BlocklistTier::page);
  EXPECT_EQ(answers[0].status, Status::listed);
  EXPECT_EQ(answers[0].codes, std::vector<std::string>{"127.0.0.2"});
  EXPECT_EQ(answers[0].meaning, "SBL: sends spam");
  EXPECT_EQ(answers[0].text, "Blocked: see https://bl.test/SBL1");
  EXPECT_EQ(answers[0].remove_at, "https://bl.test/?q=203.0.113.7");
}

TEST_F(DnsBlocklistsTest, FindsNothingWhereNothingIs) {
  const Answers answers = address("203.0.113.7");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, Status::clear);
  EXPECT_TRUE(answers[0].codes.empty());
  EXPECT_EQ(resolver_.asked("7.113.0.203.bl.test", RecordType::txt), 0u);
}

TEST_F(DnsBlocklistsTest, AsksForDomainsInZonesOfDomainsOnly) {
  world("bad.example.dbl.test. A 127.0.1.2");
  const Answers answers = domain("BAD.example.");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].zone, "dbl.test");
  EXPECT_EQ(answers[0].status, Status::listed);
}

TEST_F(DnsBlocklistsTest, DisablesAZoneThatListsEverybody) {
  resolver_.replace("*.bl.test. A 127.0.0.2");
  const Answers answers = address("203.0.113.7");
  EXPECT_EQ(answers[0].status, Status::disabled);
  EXPECT_NE(answers[0].text.find("everybody"), std::string::npos);
  EXPECT_EQ(resolver_.asked("7.113.0.203.bl.test", RecordType::a), 0u);
}

TEST_F(DnsBlocklistsTest, DisablesAZoneThatListsNobody) {
  resolver_.replace("bl.test. TXT \"parked\"");
  EXPECT_EQ(address("203.0.113.7")[0].status, Status::disabled);
}

TEST_F(DnsBlocklistsTest, DisablesAZoneOfDomainsThatListsInvalid) {
  resolver_.replace("*.dbl.test. A 127.0.1.2");
  EXPECT_EQ(domain("good.example")[0].status, Status::disabled);
}

// RFC 5782 §5: each kind has its own test.
TEST_F(DnsBlocklistsTest, TestsIpv6ByItself) {
  const std::string listed = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2";
  world(listed + ".bl.test. A 127.0.0.2");
  EXPECT_EQ(address("2001:db8::1")[0].status, Status::disabled);
  EXPECT_EQ(address("203.0.113.7")[0].status, Status::clear);
  clock_.advance(25h);
  world(listed + ".bl.test. A 127.0.0.2\n" + kV6Test + ".bl.test. A 127.0.0.2");
  EXPECT_EQ(address("2001:db8::1")[0].status, Status::listed);
}

TEST_F(DnsBlocklistsTest, TakesARefusedTestForNoListing) {
  resolver_.replace("*.bl.test. A 127.255.255.254");
  const Answers answers = address("203.0.113.7");
  EXPECT_EQ(answers[0].status, Status::refused);
  EXPECT_NE(answers[0].text.find("public resolver"), std::string::npos);
}

TEST_F(DnsBlocklistsTest, TakesARefusedQuestionForNoListing) {
  world("7.113.0.203.bl.test. A 127.255.255.255");
  const Answers answers = address("203.0.113.7");
  EXPECT_EQ(answers[0].status, Status::refused);
  EXPECT_EQ(answers[0].meaning, "asked too often");
}

TEST_F(DnsBlocklistsTest, SaysWhenDnsHadNoAnswer) {
  world("7.113.0.203.bl.test. SERVFAIL");
  EXPECT_EQ(address("203.0.113.7")[0].status, Status::failed);
  EXPECT_EQ(address("203.0.113.8")[0].status, Status::clear);
}

TEST_F(DnsBlocklistsTest, TestsAgainSoonWhenATestHadNoAnswer) {
  resolver_.replace("bl.test. TIMEOUT");
  EXPECT_EQ(address("203.0.113.7")[0].status, Status::failed);
  world("7.113.0.203.bl.test. A 127.0.0.2");
  clock_.advance(9min);
  EXPECT_EQ(address("203.0.113.7")[0].status, Status::failed);
  clock_.advance(2min);
  EXPECT_EQ(address("203.0.113.7")[0].status, Status::listed);
}

TEST_F(DnsBlocklistsTest, TestsEachZoneOnceADay) {
  address("203.0.113.7");
  address("203.0.113.8");
  EXPECT_EQ(resolver_.asked("2.0.0.127.bl.test", RecordType::a), 1u);
  clock_.advance(24h);
  address("203.0.113.7");
  EXPECT_EQ(resolver_.asked("2.0.0.127.bl.test", RecordType::a), 2u);
}

TEST_F(DnsBlocklistsTest, KeepsAnAnswerForItsTtl) {
  world("7.113.0.203.bl.test. 300 A 127.0.0.2");
  address("203.0.113.7");
  clock_.advance(299s);
  EXPECT_EQ(address("203.0.113.7")[0].status, Status::listed);
  EXPECT_EQ(resolver_.asked("7.113.0.203.bl.test", RecordType::a), 1u);
  world("");
  clock_.advance(2s);
  EXPECT_EQ(address("203.0.113.7")[0].status, Status::clear);
}

TEST_F(DnsBlocklistsTest, AnswersNothingToWhatIsNoAddressOrDomain) {
  EXPECT_TRUE(address("mail.example").empty());
  EXPECT_TRUE(domain("two words").empty());
}

TEST(DnsBlocklists, AsksAZoneNoMoreThanItBears) {
  asio::io_context loop;
  ManualClock clock;
  ZoneTextResolver resolver("2.0.0.127.bl.test. A 127.0.0.2");
  BlocklistZone slow = zone("bl.test", {BlocklistKind::ipv4});
  slow.rate = Rate(4, 1min);
  DnsBlocklists lists(resolver, clock, {slow});
  TaskGroup group(loop.get_executor());
  std::vector<Answers> answers(4);
  // Two questions are the test's; of the four addresses two have to wait for the next minute.
  group.spawn(ask_address(lists, "203.0.113.0", answers[0]));
  loop.poll();
  for (std::size_t i = 1; i < answers.size(); ++i) {
    group.spawn(ask_address(lists, "203.0.113." + std::to_string(i), answers[i]));
  }
  loop.restart();
  loop.poll();
  EXPECT_EQ(group.size(), 2u);
  clock.advance(59s);
  loop.poll();
  EXPECT_EQ(group.size(), 2u);
  clock.advance(1s);
  loop.poll();
  EXPECT_EQ(group.size(), 0u);
  for (const Answers& one : answers) EXPECT_EQ(one.at(0).status, Status::clear);
}

TEST(DnsBlocklists, KeepsAnAnswerLongerWhereTheZoneWantsIt) {
  asio::io_context loop;
  ManualClock clock;
  ZoneTextResolver resolver("2.0.0.127.bl.test. 60 A 127.0.0.2");
  BlocklistZone rare = zone("bl.test", {BlocklistKind::ipv4});
  rare.keep = 12h;
  DnsBlocklists lists(resolver, clock, {rare});
  for (int hour = 0; hour < 24; ++hour) {
    Answers answers;
    TaskGroup group(loop.get_executor());
    group.spawn(ask_address(lists, "203.0.113.7", answers));
    loop.restart();
    loop.run();
    clock.advance(1h);
  }
  EXPECT_EQ(resolver.asked("7.113.0.203.bl.test", RecordType::a), 2u);
}

TEST(DnsBlocklists, AsksSomeZonesForTheRegisteredDomain) {
  asio::io_context loop;
  ManualClock clock;
  ZoneTextResolver resolver("test.uri.test. A 127.0.0.2\nexample.com.uri.test. A 127.0.0.2");
  BlocklistZone registered = zone("uri.test", {BlocklistKind::domain});
  registered.registered_only = true;
  DnsBlocklists lists(resolver, clock, {registered});
  Answers answers;
  TaskGroup group(loop.get_executor());
  group.spawn(ask_domain(lists, "bounce.mail.example.com", answers));
  loop.run();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, Status::listed);
}

}  // namespace
}  // namespace posthaste
