#include "accept/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string version2(char command, char family, const std::string& body) {
  std::string header = kSignature;
  header += static_cast<char>(0x20 | command);
  header += family;
  header += static_cast<char>(body.size() >> 8);
  header += static_cast<char>(body.size() & 0xff);
  return header + body;
}

TEST(ProxyProtocol, ReadsVersion1) {
  const std::string line = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 25\r\n";
  const auto parsed = parse_proxy_header(line + "EHLO x\r\n");
  ASSERT_TRUE(parsed);
  ASSERT_TRUE(*parsed);
  EXPECT_EQ((*parsed)->client->address, "192.0.2.7");
  EXPECT_EQ((*parsed)->client->port, 56324);
  EXPECT_EQ((*parsed)->length, line.size());
  const auto v6 = parse_proxy_header("PROXY TCP6 2001:DB8::1 2001:db8::2 1 25\r\n");
  ASSERT_TRUE(v6);
  EXPECT_EQ((*v6)->client->address, "2001:db8::1");
}

TEST(ProxyProtocol, ReadsVersion2) {
  const std::string v4("\xC0\x00\x02\x07\xC6\x33\x64\x01\xDC\x04\x00\x19", 12);
  const auto parsed = parse_proxy_header(version2(1, 0x11, v4 + "further records") + "EHLO");
  ASSERT_TRUE(parsed);
  ASSERT_TRUE(*parsed);
  EXPECT_EQ((*parsed)->client->address, "192.0.2.7");
  EXPECT_EQ((*parsed)->client->port, 56324);
  EXPECT_EQ((*parsed)->length, 16 + 12 + 15u);
  std::string v6(36, '\0');
  v6[15] = 1;
  const auto parsed6 = parse_proxy_header(version2(1, 0x21, v6));
  ASSERT_TRUE(parsed6);
  EXPECT_EQ((*parsed6)->client->address, "::1");
}

TEST(ProxyProtocol, KeepsBalancersOwnAddressForLocalAndUnknown) {
  const auto local = parse_proxy_header(version2(0, 0, ""));
  ASSERT_TRUE(local);
  EXPECT_FALSE((*local)->client);
  const auto unknown = parse_proxy_header("PROXY UNKNOWN ffff:: ffff:: 1 2\r\n");
  ASSERT_TRUE(unknown);
  EXPECT_FALSE((*unknown)->client);
}

TEST(ProxyProtocol, WaitsForTheWholeHeader) {
  const std::string v4("\xC0\x00\x02\x07\xC6\x33\x64\x01\xDC\x04\x00\x19", 12);
  for (const std::string& whole :
       {std::string("PROXY TCP4 192.0.2.7 198.51.100.1 1 25\r\n"), version2(1, 0x11, v4)}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto parsed = parse_proxy_header(std::string_view(whole).substr(0, size));
      ASSERT_TRUE(parsed) << size;
      EXPECT_FALSE(*parsed) << size;
    }
  }
}

TEST(ProxyProtocol, RefusesEverythingElse) {
  for (const std::string& wrong :
       {std::string("EHLO x\r\n"), std::string("PROXY TCP4 192.0.2.7\r\n"),
        std::string("PROXY TCP4 ::1 ::1 1 25\r\n"), std::string("PROXY TCP4 a b 1 25\r\n"),
        std::string("PROXY TCP4 192.0.2.7 198.51.100.1 99999 25\r\n"),
        std::string("PROXY UDP4 192.0.2.7 198.51.100.1 1 25\r\n"), "PROXY " + std::string(200, 'x'),
        version2(7, 0x11, std::string(12, 'x')), version2(1, 0x11, "short"),
        version2(1, 0x31, std::string(216, 'x')), version2(1, 0x11, std::string(5000, 'x'))}) {
    EXPECT_FALSE(parse_proxy_header(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace posthaste
