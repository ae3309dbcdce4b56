#include "deliver/tls_config.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TlsPolicyConfig policy(std::string pattern, TlsMode mode) {
  return {*RoutePattern::parse(pattern), mode, {}};
}

TEST(TlsPolicyConfig, TheMostSpecificBlockIsChosen) {
  const std::vector<TlsPolicyConfig> policies{policy("*", TlsMode::opportunistic),
                                              policy("*.example", TlsMode::required),
                                              policy("bank.example", TlsMode::dane)};
  EXPECT_EQ(choose_tls_policy(policies, "bank.example")->mode, TlsMode::dane);
  EXPECT_EQ(choose_tls_policy(policies, "shop.example")->mode, TlsMode::required);
  EXPECT_EQ(choose_tls_policy(policies, "example.org")->mode, TlsMode::opportunistic);
  EXPECT_EQ(choose_tls_policy({}, "example.org"), nullptr);
}

}  // namespace
}  // namespace posthaste
