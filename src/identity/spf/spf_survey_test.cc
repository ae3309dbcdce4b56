#include "identity/spf/spf_survey.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <string>
#include <vector>

#include "identity/spf/spf_fixture.h"
#include "identity/spf/spf_record.h"
#include "platform/dns/zone_text_resolver.h"

namespace posthaste {
namespace {

using Texts = std::vector<std::string>;

TEST(SpfSurvey, FollowsEveryIncludeAndRedirect) {
  ZoneTextResolver dns(R"(
    example.com. TXT "v=spf1 ip4:192.0.2.9/24 a mx/28 include:esp.example ?include:other.example redirect=_spf.example.com"
    example.com. A 198.51.100.1
    example.com. MX 10 mx.example.com.
    mx.example.com. A 203.0.113.17
    mx.example.com. AAAA 2001:db8::7
    esp.example. TXT "v=spf1 ip6:2001:db8:1::/48 -ip4:192.0.2.200 ~all ip4:10.0.0.0/8"
    other.example. TXT "v=spf1 ip4:203.0.113.0/24 -all"
    _spf.example.com. TXT "v=spf1 ip4:192.0.2.0/24 ptr ~all"
  )");
  const SpfSurvey survey = SpfRun::survey("example.com", dns);
  EXPECT_EQ(survey.records.size(), 1u);
  EXPECT_EQ(survey.networks, (Texts{"ip4:192.0.2.0/24", "ip4:198.51.100.1", "ip4:203.0.113.16/28",
                                    "ip6:2001:db8::7", "ip6:2001:db8:1::/48"}));
  EXPECT_EQ(survey.lookups, 6);
  EXPECT_EQ(survey.void_lookups, 0);
  EXPECT_EQ(survey.all_qualifier, '~');
  EXPECT_TRUE(survey.uses_ptr);
  EXPECT_FALSE(survey.uses_macros);
  EXPECT_EQ(survey.problems, Texts{});
}

TEST(SpfSurvey, NamesWhatIsWrong) {
  ZoneTextResolver dns(R"(
    two.example. TXT "v=spf1 -all"
    two.example. TXT "v=spf1 ~all"
    bad.example. TXT "v=spf1 ip4:1.2.3 a:void.example mx:void.example include:none.example include:bad.example include:slow.example exists:%{i}.x.example +all"
    slow.example. TXT TIMEOUT
  )");
  EXPECT_EQ(SpfRun::survey("none.example", dns).records, Texts{});
  EXPECT_EQ(SpfRun::survey("none.example", dns).problems, Texts{});
  EXPECT_EQ(SpfRun::survey("two.example", dns).records.size(), 2u);
  EXPECT_EQ(SpfRun::survey("two.example", dns).problems,
            Texts{"two.example has 2 SPF records: keep one"});
  const SpfSurvey bad = SpfRun::survey("bad.example", dns);
  EXPECT_EQ(bad.problems.size(), 6u);
  EXPECT_TRUE(bad.is_temporary_failure);
  EXPECT_EQ(bad.lookups, 6);
  EXPECT_EQ(bad.void_lookups, 2);
  EXPECT_EQ(bad.all_qualifier, '+');
  EXPECT_TRUE(bad.uses_macros);
}

TEST(SpfSurvey, EndsAndStaysSmallWhateverIsPublished) {
  std::string zone;
  for (int i = 0; i < 30; ++i) {
    zone += fmt::format("i{}.example. TXT \"v=spf1 include:i{}.example include:i{}.example", i,
                        i + 1, i + 1);
    for (int n = 0; n < 2000; ++n)
      zone += fmt::format(" ip4:10.{}.{}.{} x{}", i, n / 250, n % 250, n);
    zone += "\"\n";
  }
  ZoneTextResolver dns(zone);
  const SpfSurvey survey = SpfRun::survey("i0.example", dns);
  EXPECT_LE(survey.networks.size(), 5000u);
  EXPECT_LE(survey.problems.size(), 100u);
  EXPECT_GT(survey.lookups, 10);
}

TEST(SpfRecord, IsTakenForOneByItsVersion) {
  EXPECT_TRUE(is_spf_record("v=spf1"));
  EXPECT_TRUE(is_spf_record("V=SPF1 what ever"));
  for (const std::string text : {"", "v=spf", "v=spf10", "v=spf1\t-all", " v=spf1", "spf2.0/pra"}) {
    EXPECT_FALSE(is_spf_record(text)) << text;
  }
}

}  // namespace
}  // namespace posthaste
