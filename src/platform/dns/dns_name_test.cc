#include "platform/dns/dns_name.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

TEST(DnsName, IsLowerCaseWithoutLastDot) {
  EXPECT_EQ(normalize_dns_name("MX.Example."), "mx.example");
  EXPECT_EQ(normalize_dns_name("_dmarc.xn--bcher-kva.example"), "_dmarc.xn--bcher-kva.example");
  EXPECT_EQ(normalize_dns_name("Two  Words.Example"), "two  words.example");
  EXPECT_EQ(normalize_dns_name("."), "");
}

TEST(DnsName, RefusesWhatDnsCannotHold) {
  const std::string label(63, 'a');
  EXPECT_TRUE(normalize_dns_name(label + ".b"));
  EXPECT_FALSE(normalize_dns_name(label + "a.b"));
  EXPECT_TRUE(normalize_dns_name(label + "." + label + "." + label + "." + std::string(61, 'b')));
  EXPECT_FALSE(normalize_dns_name(label + "." + label + "." + label + "." + std::string(62, 'b')));
  for (const std::string name : {"", "..", ".a", "a..b", "a\tb", "a\\b",
                                 "b\xc3\xbc"
                                 "cher.example"}) {
    EXPECT_FALSE(normalize_dns_name(name)) << name;
  }
  EXPECT_FALSE(normalize_dns_name(std::string("a\0b", 3)));
}

TEST(DnsName, TellsHostNamesFromOthers) {
  EXPECT_TRUE(is_host_name("mx_1.xn--bcher-kva.test"));
  for (const char* name : {"", "two words", "a.*.test", "a@b.test"}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
}

TEST(DnsName, KnowsWhatLiesInAZone) {
  EXPECT_TRUE(is_in_zone("a.test", "test"));
  EXPECT_TRUE(is_in_zone("test", "test"));
  EXPECT_TRUE(is_in_zone("a.test", ""));
  EXPECT_FALSE(is_in_zone("atest", "test"));
  EXPECT_FALSE(is_in_zone("test", "a.test"));
}

}  // namespace
}  // namespace posthaste
