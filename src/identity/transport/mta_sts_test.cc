#include "identity/transport/mta_sts.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

namespace posthaste {
namespace {

const std::string kGood = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n";

std::string problem(const std::string& policy) {
  const auto parsed = parse_mta_sts_policy(policy);
  return parsed ? "" : parsed.error().message();
}

TEST(MtaStsPolicy, ReadsTheExampleOfItsRfc) {
  const auto policy = parse_mta_sts_policy(
      "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\n"
      "mx: backupmx.example.com\r\nmax_age: 604800\r\n");
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->mode, MtaStsMode::enforce);
  EXPECT_EQ(policy->max_age, std::chrono::days(7));
  const std::vector<std::string> patterns{"mail.example.com", "*.example.net",
                                          "backupmx.example.com"};
  EXPECT_EQ(policy->mx, patterns);
  EXPECT_EQ(policy->lines.size(), 6U);
  EXPECT_EQ(policy->lines[0], "version: STSv1");
}

TEST(MtaStsPolicy, IgnoresKeysThatItDoesNotKnowAndSecondValues) {
  const auto policy = parse_mta_sts_policy(kGood + "mode: none\nmax_age: 1\nnew.key-1: x: y\n\n");
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->mode, MtaStsMode::enforce);
  EXPECT_EQ(policy->max_age, std::chrono::days(7));
}

TEST(MtaStsPolicy, NeedsNoHostWhereItsModeIsNone) {
  EXPECT_EQ(problem("version: STSv1\nmode: none\nmax_age: 86400"), "");
}

TEST(MtaStsPolicy, SaysWhatIsWrong) {
  EXPECT_EQ(problem("garbage"), "line 1: \"garbage\" is no \"key: value\"");
  EXPECT_EQ(problem("mode: none\nmax_age: 1"), "there is no line \"version: STSv1\"");
  EXPECT_EQ(problem("version: STSv1\nmax_age: 1\nmx: a.test"), "there is no mode");
  EXPECT_EQ(problem("version: STSv1\nmode: enforce\nmx: a.test"), "there is no max_age");
  EXPECT_EQ(problem("version: STSv1\nmode: testing\nmax_age: 1"), "there is no mx");
  EXPECT_EQ(problem("version: STSv2\n"), "line 1: the version is \"STSv2\", not STSv1");
  EXPECT_EQ(problem("version: STSv1\nmode: Enforce\n"),
            "line 2: the mode is \"Enforce\", none of enforce, testing and none");
  EXPECT_EQ(problem(kGood + "mx: a b"), "line 5: mx is \"a b\", no host name");
  EXPECT_EQ(problem(kGood + "mx: a.*.test"), "line 5: mx is \"a.*.test\", no host name");
  EXPECT_EQ(problem(kGood + "mx: *."), "line 5: mx is \"*.\", no host name");
  for (const char* age : {"", "-1", "1s", "31557601", "99999999999999999999"}) {
    EXPECT_NE(problem(std::string("version: STSv1\nmode: none\nmax_age: ") + age), "") << age;
  }
  EXPECT_EQ(problem(kGood + std::string(70'000, 'x')), "the policy is larger than 64 KiB");
  std::string many = kGood;
  for (int i = 0; i < 300; ++i) many += "mx: a.test\n";
  EXPECT_EQ(problem(many), "line 204: there are too many mx lines");
}

TEST(MtaStsRecord, GivesTheIdOfWellFormedRecordsOnly) {
  EXPECT_EQ(parse_mta_sts_record("v=STSv1; id=20160831085700Z;"), "20160831085700Z");
  EXPECT_EQ(parse_mta_sts_record("v=STSv1;id=1"), "1");
  EXPECT_EQ(parse_mta_sts_record("v=STSv1 ; other=x ; id=a1 ; "), "a1");
  for (const char* bad :
       {"", "v=STSv1", "v=STSv1;", "id=1; v=STSv1", "v=STSv12; id=1", "v=stsv1; id=1",
        "v=STSv1; id=", "v=STSv1; id=a-b", "v=STSv1 id=1", "v=STSv1; id=1; id=2", "v=STSv1; ; id=1",
        "v=STSv1; id=123456789012345678901234567890123", "v=STSv1; id"}) {
    EXPECT_EQ(parse_mta_sts_record(bad), std::nullopt) << bad;
  }
}

TEST(MtaStsRecord, IsToldFromOthersByItsVersion) {
  EXPECT_TRUE(is_mta_sts_record("v=STSv1; id=-"));
  EXPECT_TRUE(is_mta_sts_record("v=STSv1 ;"));
  for (const char* other : {"", "v=STSv1", "v=STSv10; id=1", "V=STSv1; id=1", "x; v=STSv1; id=1"}) {
    EXPECT_FALSE(is_mta_sts_record(other)) << other;
  }
}

TEST(MtaStsPolicy, IsPlainText) {
  for (const char* type :
       {"text/plain", "Text/Plain", "text/plain;charset=utf-8", " text/plain\t; x"}) {
    EXPECT_TRUE(is_mta_sts_type(type)) << type;
  }
  for (const char* type : {"", "text/html", "text/plainly", "text", "; text/plain"}) {
    EXPECT_FALSE(is_mta_sts_type(type)) << type;
  }
}

TEST(MtaStsCorpus, MatchesHostNamesAsWritten) {
  std::ifstream cases(std::string(POSTHASTE_CORPORA) + "/mta-sts/mx-match.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus";
  int right = 0;
  int all = 0;
  for (std::string line; std::getline(cases, line); ++all) {
    const auto c = nlohmann::json::parse(line);
    const auto policy = parse_mta_sts_policy("version: STSv1\nmode: enforce\nmax_age: 1\nmx: " +
                                             c["pattern"].get<std::string>());
    ASSERT_TRUE(policy) << line;
    const bool matches = permits(*policy, c["mx"].get<std::string>());
    EXPECT_EQ(matches, c["match"].get<bool>()) << line;
    right += matches == c["match"].get<bool>() ? 1 : 0;
  }
  EXPECT_EQ(all, 9);
  std::cout << "MTA-STS names: " << right << " of " << all << "\n";
}

}  // namespace
}  // namespace posthaste
