#include "platform/dns/zone_text.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace posthaste {
namespace {

using std::chrono::seconds;

ZoneText zone_of(std::initializer_list<std::string_view> lines) {
  ZoneText zone;
  for (const std::string_view line : lines) {
    const Result<void> added = zone.add(line);
    EXPECT_TRUE(added) << line << ": " << added.error().message();
  }
  return zone;
}

TEST(ZoneText, AnswersWithAllRecordsOfAName) {
  const ZoneText zone =
      zone_of({"example.test. 300 IN MX 20 b.example.test.", "Example.Test MX 10 a.example.test",
               "; a comment", "", "example.test. IN 60 TXT \"v=spf1; -all\" ; another"});
  const DnsResult mx = zone.answer("EXAMPLE.test.", RecordType::mx);
  EXPECT_EQ(mx.status, DnsStatus::found);
  EXPECT_EQ(mx.canonical_name, "example.test");
  EXPECT_EQ(mx.ttl, seconds(60));
  EXPECT_FALSE(mx.secure);
  EXPECT_EQ(mx.mx(), (std::vector<MxRecord>{{20, "b.example.test"}, {10, "a.example.test"}}));
  EXPECT_EQ(zone.answer("example.test", RecordType::txt).strings(),
            std::vector<std::string>{"v=spf1; -all"});
}

TEST(ZoneText, TellsNodataFromNxdomain) {
  const ZoneText zone = zone_of({"a.b.test. A 192.0.2.1"});
  EXPECT_EQ(zone.answer("a.b.test", RecordType::mx).status, DnsStatus::nodata);
  EXPECT_EQ(zone.answer("b.test", RecordType::a).status, DnsStatus::nodata);
  EXPECT_EQ(zone.answer("c.test", RecordType::a).status, DnsStatus::nxdomain);
  EXPECT_EQ(zone.answer("x.a.b.test", RecordType::a).status, DnsStatus::nxdomain);
  EXPECT_EQ(zone.answer("not a name", RecordType::a).status, DnsStatus::nxdomain);
  EXPECT_EQ(ZoneText().answer("a.test", RecordType::a).status, DnsStatus::nxdomain);
}

TEST(ZoneText, FollowsCnamesAndSaysWhereTheyLeave) {
  const ZoneText zone = zone_of({"a.test. CNAME b.test.", "b.test. 10 CNAME c.test.",
                                 "c.test. A 192.0.2.1", "out.test. CNAME elsewhere.example."});
  const DnsResult found = zone.answer("a.test", RecordType::a);
  EXPECT_EQ(found.strings(), std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(found.canonical_name, "c.test");
  EXPECT_EQ(found.ttl, seconds(10));
  EXPECT_EQ(zone.answer("a.test", RecordType::cname).strings(), std::vector<std::string>{"b.test"});
  const DnsResult left = zone.answer("out.test", RecordType::a);
  EXPECT_EQ(left.status, DnsStatus::nxdomain);
  EXPECT_EQ(left.canonical_name, "elsewhere.example");
}

TEST(ZoneText, EndsALoopOfCnamesAsServfail) {
  const ZoneText zone = zone_of({"a.test. CNAME b.test.", "b.test. CNAME a.test."});
  const DnsResult result = zone.answer("a.test", RecordType::a);
  EXPECT_EQ(result.status, DnsStatus::servfail);
  EXPECT_FALSE(result.why.empty());
}

// RFC 4592 §2.2.1 in small.
TEST(ZoneText, WildcardStandsOnlyForNamesThatAreNotThere) {
  const ZoneText zone =
      zone_of({"*.test. MX 10 mx.test.", "host.test. A 192.0.2.1", "deep.sub.test. A 192.0.2.2"});
  EXPECT_EQ(zone.answer("any.test", RecordType::mx).mx(), (std::vector<MxRecord>{{10, "mx.test"}}));
  EXPECT_EQ(zone.answer("a.b.test", RecordType::mx).status, DnsStatus::found);
  EXPECT_EQ(zone.answer("any.test", RecordType::a).status, DnsStatus::nodata);
  EXPECT_EQ(zone.answer("host.test", RecordType::mx).status, DnsStatus::nodata);
  EXPECT_EQ(zone.answer("x.host.test", RecordType::mx).status, DnsStatus::nxdomain);
  EXPECT_EQ(zone.answer("sub.test", RecordType::mx).status, DnsStatus::nodata);
  EXPECT_EQ(zone.answer("other.sub.test", RecordType::mx).status, DnsStatus::nxdomain);
  EXPECT_TRUE(zone.has("any.test"));
  EXPECT_FALSE(zone.has("x.host.test"));
}

TEST(ZoneText, FailsWhereALineSaysSo) {
  const ZoneText zone =
      zone_of({"broken.test. SERVFAIL", "half.test. MX TIMEOUT", "half.test. A 192.0.2.1",
               "forged.test. bogus", "gone.test. MX NXDOMAIN", "via.test. CNAME mx.broken.test."});
  EXPECT_EQ(zone.answer("broken.test", RecordType::mx).status, DnsStatus::servfail);
  EXPECT_EQ(zone.answer("mx.broken.test", RecordType::a).status, DnsStatus::servfail);
  EXPECT_EQ(zone.answer("via.test", RecordType::a).status, DnsStatus::servfail);
  EXPECT_EQ(zone.answer("half.test", RecordType::mx).status, DnsStatus::timeout);
  EXPECT_EQ(zone.answer("half.test", RecordType::a).status, DnsStatus::found);
  EXPECT_EQ(zone.answer("forged.test", RecordType::a).status, DnsStatus::bogus);
  EXPECT_EQ(zone.answer("gone.test", RecordType::mx).status, DnsStatus::nxdomain);
  EXPECT_FALSE(zone.answer("broken.test", RecordType::mx).why.empty());
}

TEST(ZoneText, IsSecureWhereEveryNameOfTheChainIs) {
  const ZoneText zone = zone_of({"signed.test. SECURE", "a.signed.test. A 192.0.2.1",
                                 "b.signed.test. CNAME a.signed.test.",
                                 "c.signed.test. CNAME plain.test.", "plain.test. A 192.0.2.2"});
  EXPECT_TRUE(zone.answer("a.signed.test", RecordType::a).secure);
  EXPECT_TRUE(zone.answer("a.signed.test", RecordType::mx).secure);
  EXPECT_TRUE(zone.answer("b.signed.test", RecordType::a).secure);
  EXPECT_FALSE(zone.answer("c.signed.test", RecordType::a).secure);
  EXPECT_FALSE(zone.answer("plain.test", RecordType::a).secure);
}

TEST(ZoneText, RefusesLinesThatSayNothing) {
  ZoneText zone;
  for (const std::string line :
       {"example.test.", "example.test. MX", "example.test. SOA x", "exa mple.test. A 192.0.2.1",
        "a..b A 192.0.2.1", "example.test. 300 300 A 192.0.2.1", "example.test. A 192.0.2.1 x",
        "example.test. 4294967296 A 192.0.2.1", "example.test. MAYBE"}) {
    const Result<void> added = zone.add(line);
    ASSERT_FALSE(added) << line;
    EXPECT_FALSE(added.error().detail.empty());
  }
  EXPECT_TRUE(zone.owners().empty());
}

}  // namespace
}  // namespace posthaste
