#include "cli/host_port.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(HostPort, ReadsAddressesOfBothFamilies) {
  const auto four = parse_host_port("127.0.0.1:25");
  ASSERT_TRUE(four);
  EXPECT_EQ(four->address, "127.0.0.1");
  EXPECT_EQ(four->port, 25);
  const auto six = parse_host_port("[::1]:65535");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->address, "::1");
  EXPECT_EQ(to_host_port(*six), "[::1]:65535");
}

TEST(HostPort, SaysWhatIsWrong) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", ":25",
                           "::1:25", "[]:25", "127.0.0.1:-1"}) {
    const auto wrong = parse_host_port(text);
    ASSERT_FALSE(wrong) << text;
    EXPECT_FALSE(wrong.error().message().empty());
  }
}

}  // namespace
}  // namespace posthaste
