#include "identity/transport/dane.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using Status = DaneAnswer::Status;

const std::string kDigest(64, 'a');

asio::awaitable<void> ask(Resolver& resolver, std::string host, DaneAnswer& answer) {
  answer = co_await look_up_dane(std::move(host), 25, resolver);
}

DaneAnswer look_up(const std::string& zone, const std::string& host = "mx.s.test") {
  ZoneTextResolver resolver(zone);
  asio::io_context context;
  TaskGroup tasks(context.get_executor());
  DaneAnswer answer;
  answer.why = "never answered";
  tasks.spawn(ask(resolver, host, answer));
  context.run();
  return answer;
}

TEST(Dane, FindsSecureRecordsOfAHostWithSecureAddresses) {
  const DaneAnswer answer = look_up(
      "s.test. SECURE\nmx.s.test. A 192.0.2.1\n_25._tcp.mx.s.test. "
      "TLSA 3 1 1 " +
      kDigest);
  EXPECT_EQ(answer.status, Status::usable);
  EXPECT_EQ(answer.base_domain, "mx.s.test");
  ASSERT_EQ(answer.records.size(), 1U);
  EXPECT_EQ(to_text(answer.records[0]), "3 1 1 " + kDigest);
}

TEST(Dane, DoesNotApplyWithoutDnssec) {
  // Everything unsigned; the address unsigned; the TLSA record unsigned.
  EXPECT_EQ(look_up("mx.s.test. A 192.0.2.1\n_25._tcp.mx.s.test. TLSA 3 1 1 " + kDigest).status,
            Status::absent);
  EXPECT_EQ(look_up("_tcp.mx.s.test. SECURE\nmx.s.test. A 192.0.2.1\n_25._tcp.mx.s.test. TLSA 3 1 "
                    "1 " +
                    kDigest)
                .status,
            Status::absent);
}

TEST(Dane, DoesNotApplyWhereThereIsNoRecord) {
  EXPECT_EQ(look_up("s.test. SECURE\nmx.s.test. A 192.0.2.1\n").status, Status::absent);
}

TEST(Dane, IsUnusableWhereNoRecordIsOfAKindThatSmtpUses) {
  for (const std::string& record :
       std::vector<std::string>{"0 1 1 " + kDigest, "1 1 1 " + kDigest, "3 2 1 " + kDigest,
                                "3 1 3 " + kDigest, "3 1 1 abcd", "3 1 2 " + kDigest}) {
    const DaneAnswer answer =
        look_up("s.test. SECURE\nmx.s.test. A 192.0.2.1\n_25._tcp.mx.s.test. TLSA " + record);
    EXPECT_EQ(answer.status, Status::unusable) << record;
    EXPECT_NE(answer.why, "") << record;
  }
}

TEST(Dane, UsesTheUsableAmongOthers) {
  const DaneAnswer answer =
      look_up("s.test. SECURE\nmx.s.test. A 192.0.2.1\n_25._tcp.mx.s.test. TLSA 1 1 1 " + kDigest +
              "\n_25._tcp.mx.s.test. TLSA 2 0 1 " + kDigest);
  EXPECT_EQ(answer.status, Status::usable);
  ASSERT_EQ(answer.records.size(), 1U);
  EXPECT_EQ(answer.records[0].usage, 2);
}

TEST(Dane, FailsWhereTheRecordsCannotBeKnown) {
  for (const std::string status : {"SERVFAIL", "TIMEOUT", "BOGUS"}) {
    const DaneAnswer answer =
        look_up("s.test. SECURE\nmx.s.test. A 192.0.2.1\n_25._tcp.mx.s.test. TLSA " + status);
    EXPECT_EQ(answer.status, Status::failed) << status;
    EXPECT_NE(answer.why, "") << status;
  }
}

TEST(Dane, FailsWhereTheAddressesCannotBeKnown) {
  // Who calls saw them secure a moment ago: "does not apply" would be a downgrade.
  for (const std::string status : {"SERVFAIL", "TIMEOUT", "BOGUS"}) {
    const std::string record = "\n_25._tcp.mx.s.test. TLSA 3 1 1 " + kDigest;
    for (const std::string& addresses :
         {"mx.s.test. A " + status + "\nmx.s.test. AAAA " + status, "mx.s.test. AAAA " + status}) {
      const DaneAnswer answer = look_up("s.test. SECURE\n" + addresses + record);
      EXPECT_EQ(answer.status, Status::failed) << addresses;
      EXPECT_NE(answer.why, "") << addresses;
    }
    EXPECT_EQ(look_up("s.test. SECURE\nmx.s.test. A 192.0.2.1\nmx.s.test. AAAA " + status + record)
                  .status,
              Status::usable)
        << status;
  }
}

TEST(Dane, FailsWhereTheAliasCannotBeKnown) {
  for (const std::string status : {"SERVFAIL", "TIMEOUT", "BOGUS"}) {
    const DaneAnswer answer =
        look_up("s.test. SECURE\nmx.s.test. CNAME mx.t.test.\nmx.s.test. CNAME " + status +
                "\nmx.t.test. A 192.0.2.1\n_25._tcp.mx.s.test. TLSA 3 1 1 " + kDigest);
    EXPECT_EQ(answer.status, Status::failed) << status;
    EXPECT_NE(answer.why, "") << status;
  }
}

TEST(Dane, LooksAtTheEndOfASecureAliasFirst) {
  const std::string zone =
      "s.test. SECURE\nt.test. SECURE\nmx.s.test. CNAME mx.t.test.\nmx.t.test. A 192.0.2.1\n"
      "_25._tcp.mx.s.test. TLSA 3 1 1 " +
      kDigest;
  EXPECT_EQ(look_up(zone).base_domain, "mx.s.test");
  EXPECT_EQ(look_up(zone + "\n_25._tcp.mx.t.test. TLSA 3 1 1 " + kDigest).base_domain, "mx.t.test");
}

TEST(Dane, DoesNotApplyToTheEndOfAnInsecureAlias) {
  const DaneAnswer answer = look_up(
      "t.test. SECURE\nmx.s.test. CNAME mx.t.test.\nmx.t.test. A 192.0.2.1\n"
      "_25._tcp.mx.t.test. TLSA 3 1 1 " +
      kDigest);
  EXPECT_EQ(answer.status, Status::absent);
}

TEST(Dane, TakesTheSignedNameOfAnAliasThatLeadsOutOfDnssec) {
  const DaneAnswer answer = look_up(
      "s.test. SECURE\nmx.s.test. CNAME mx.t.test.\nmx.t.test. A 192.0.2.1\n"
      "_25._tcp.mx.s.test. TLSA 3 1 1 " +
      kDigest);
  EXPECT_EQ(answer.status, Status::usable);
  EXPECT_EQ(answer.base_domain, "mx.s.test");
}

}  // namespace
}  // namespace posthaste
