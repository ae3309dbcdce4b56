#include "platform/dns/reverse_name.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(ReverseName, SaysAnAddressFromItsEnd) {
  EXPECT_EQ(reverse_name("192.0.2.10"), "10.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_name("2001:db8::567:89ab"),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  EXPECT_EQ(reversed_labels(boost::asio::ip::make_address("192.0.2.10")), "10.2.0.192");
  for (const char* bad : {"", "192.0.2", "192.0.2.256", "mail.example.com"}) {
    EXPECT_EQ(reverse_name(bad), "") << bad;
  }
}

}  // namespace
}  // namespace posthaste
