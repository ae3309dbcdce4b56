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

std::string suffix_of(const std::string& mx) {
  auto policy = std::make_shared<MtaStsPolicy>();
  policy->mode = MtaStsMode::enforce;
  policy->mx = {mx};
  TlsTerms terms;
  terms.sts = std::move(policy);
  return tls_site_suffix(terms);
}

TEST(TlsSiteSuffix, IsOneForEveryPolicy) {
  EXPECT_EQ(suffix_of("mx.example"), suffix_of("mx.example"));
  EXPECT_EQ(suffix_of("mx.example").size(), std::string(";sts=enforce-").size() + 32);
  // Of these, the lower half of libstdc++'s hash is the same.
  EXPECT_NE(suffix_of("mx9399.example"), suffix_of("mx28287.example"));
}

TEST(TlsSiteSuffix, NamesWhatTheOperatorDemands) {
  TlsTerms terms;
  EXPECT_EQ(tls_site_suffix(terms), "");
  terms.mode = TlsMode::verified;
  terms.names = {"a.example", "b.example"};
  EXPECT_EQ(tls_site_suffix(terms), ";tls=verified,a.example,b.example");
}

}  // namespace
}  // namespace posthaste
