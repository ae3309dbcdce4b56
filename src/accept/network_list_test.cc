#include "accept/network_list.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

NetworkList list(const std::vector<std::string>& texts) {
  std::vector<Network> networks;
  for (const std::string& text : texts) {
    const auto parsed = Network::parse(text);
    EXPECT_TRUE(parsed) << text;
    if (parsed) networks.push_back(*parsed);
  }
  return NetworkList(std::move(networks));
}

TEST(NetworkList, ContainsAddressesOfItsNetworks) {
  const auto networks = list({"10.0.0.0/8", "192.0.2.128/25", "2001:db8::/33", "::1"});
  for (const char* inside : {"10.1.2.3", "192.0.2.200", "2001:db8:7fff::1", "::1"}) {
    EXPECT_TRUE(networks.contains(inside)) << inside;
  }
  for (const char* outside : {"11.0.0.1", "192.0.2.127", "2001:db8:8000::1", "::2", "::", ""}) {
    EXPECT_FALSE(networks.contains(outside)) << outside;
  }
}

TEST(NetworkList, TakesMappedAddressesForWhatTheyAre) {
  EXPECT_TRUE(list({"127.0.0.0/8"}).contains("::ffff:127.0.0.1"));
  EXPECT_FALSE(list({"::/0"}).contains("::ffff:127.0.0.1"));
  EXPECT_FALSE(list({"0.0.0.0/0"}).contains("2001:db8::1"));
  EXPECT_TRUE(list({"0.0.0.0/0"}).contains("203.0.113.9"));
}

TEST(NetworkList, RefusesWhatIsNoNetwork) {
  for (const char* wrong : {"", "/", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "a.example",
                            "10.0.0.0/8 ", "10.0.0.0/-1", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(Network::parse(wrong)) << wrong;
  }
}

TEST(NetworkList, HoldsNothingWhenEmpty) {
  EXPECT_FALSE(NetworkList().contains("127.0.0.1"));
}

TEST(SocketAddress, ReadsAddressAndPort) {
  const auto v4 = SocketAddress::parse("127.0.0.1:2525");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->address(), "127.0.0.1");
  EXPECT_EQ(v4->port(), 2525);
  const auto v6 = SocketAddress::parse("[::1]:0");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->to_string(), "[::1]:0");
  for (const char* wrong : {"", "25", ":25", "::1:25", "[127.0.0.1]:25", "127.0.0.1:", "[::1]",
                            "127.0.0.1:65536", "host.example:25", "127.0.0.1:25 "}) {
    EXPECT_FALSE(SocketAddress::parse(wrong)) << wrong;
  }
}

TEST(NetworkList, KnowsLoopback) {
  EXPECT_TRUE(is_loopback_address("127.8.9.1"));
  EXPECT_TRUE(is_loopback_address("::1"));
  EXPECT_FALSE(is_loopback_address("10.0.0.1"));
  EXPECT_FALSE(is_loopback_address("localhost"));
}

}  // namespace
}  // namespace posthaste
