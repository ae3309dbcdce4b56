#include "platform/dns/local_data.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(LocalData, CoversItsNamesAndLeavesTheirParentsAlone) {
  const Result<LocalData> local =
      LocalData::create({.local_data = {"mx.corp.example.com. A 192.0.2.1"}});
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->covers("mx.corp.example.com"));
  EXPECT_FALSE(local->covers("corp.example.com"));
  EXPECT_FALSE(local->covers("example.com"));
  EXPECT_EQ(local->answer("mx.corp.example.com", RecordType::mx).status, DnsStatus::nodata);
}

TEST(LocalData, KeepsLocalZonesWhole) {
  const Result<LocalData> local = LocalData::create({.local_zones = {"Corp.example.com."}});
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->covers("any.corp.example.com"));
  EXPECT_FALSE(local->covers("example.com"));
  EXPECT_EQ(local->answer("any.corp.example.com", RecordType::a).status, DnsStatus::nxdomain);

  const Result<LocalData> all = LocalData::create({.local_zones = {"."}});
  EXPECT_TRUE(all->covers("example.com"));
}

TEST(LocalData, KeepsReservedTopLevelDomainsUnlessServersMayKnowThem) {
  EXPECT_TRUE(LocalData::create({})->covers("any.test"));
  EXPECT_TRUE(LocalData::create({})->covers("any.invalid"));
  EXPECT_FALSE(LocalData::create({.servers = {"192.0.2.53"}})->covers("any.test"));
  const DnsConfig both{.servers = {"192.0.2.53"}, .local_data = {"a.test. A 192.0.2.1"}};
  EXPECT_TRUE(LocalData::create(both)->covers("other.test"));
  EXPECT_FALSE(LocalData::create(both)->covers("any.invalid"));
}

TEST(LocalData, NamesTheLineThatIsWrong) {
  const Result<LocalData> data = LocalData::create({.local_data = {"a.test. A nonsense"}});
  ASSERT_FALSE(data);
  EXPECT_NE(data.error().message().find("a.test. A nonsense"), std::string::npos);
  EXPECT_FALSE(LocalData::create({.local_zones = {"a..b"}}));
}

}  // namespace
}  // namespace posthaste
