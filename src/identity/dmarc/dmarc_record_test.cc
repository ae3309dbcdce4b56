#include "identity/dmarc/dmarc_record.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

TEST(DmarcRecord, BeginsWithItsVersion) {
  for (const std::string text :
       {"v=DMARC1", "v=DMARC1;", "v=DMARC1; p=none", "v = DMARC1 ;p=none", "V=DMARC1;p=none"}) {
    EXPECT_TRUE(is_dmarc_record(text)) << text;
  }
  for (const std::string text :
       {"", "v=", "v=dmarc1; p=none", "v=DMARC12; p=none", "v=DMARC1 p=none", "p=none; v=DMARC1",
        " v=DMARC1; p=none", "v=spf1 -all"}) {
    EXPECT_FALSE(is_dmarc_record(text)) << text;
    EXPECT_FALSE(parse_dmarc_record(text)) << text;
  }
}

TEST(DmarcRecord, HasEveryTag) {
  const auto record = parse_dmarc_record(
      "v=DMARC1; p=Reject; sp=quarantine; np=none; adkim=s; aspf=s; fo=1:d:s; psd=n; t=y; "
      "rua=mailto:a%21b@example.com!10m, https://reports.example/x ; ruf=mailto:f@example.com;");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->policy, DmarcPolicy::reject);
  EXPECT_TRUE(record->has_policy);
  EXPECT_EQ(record->subdomain_policy, DmarcPolicy::quarantine);
  EXPECT_EQ(record->nonexistent_policy, DmarcPolicy::none);
  EXPECT_EQ(record->dkim_alignment, DmarcAlignment::strict);
  EXPECT_EQ(record->spf_alignment, DmarcAlignment::strict);
  EXPECT_EQ(record->failure_options, "1:d:s");
  EXPECT_EQ(record->psd, 'n');
  EXPECT_TRUE(record->is_testing);
  ASSERT_EQ(record->aggregate_reports.size(), 2u);
  EXPECT_EQ(record->aggregate_reports[0].uri, "mailto:a%21b@example.com");
  EXPECT_EQ(record->aggregate_reports[0].mailbox, "a!b@example.com");
  EXPECT_EQ(record->aggregate_reports[1].uri, "https://reports.example/x");
  EXPECT_EQ(record->aggregate_reports[1].mailbox, "");
  ASSERT_EQ(record->failure_reports.size(), 1u);
  EXPECT_EQ(record->failure_reports[0].mailbox, "f@example.com");
}

TEST(DmarcRecord, IsMadeOfTags) {
  std::string all;
  for (const DmarcTag& tag : split_dmarc_record("v = DMARC1;; P =none ; what;=x; y=")) {
    all += "[" + std::string(tag.text) + "|" + tag.name + "|" + std::string(tag.value) + "]";
  }
  EXPECT_EQ(all, "[v = DMARC1|v|DMARC1][P =none|p|none][what|what|][=x||x][y=|y|]");
}

TEST(DmarcRecord, TakesDefaultsForWhatIsMalformed) {
  const auto record = parse_dmarc_record(
      "v=DMARC1;;p=quarantine;adkim=x;aspf=strict;psd=maybe;t=1;fo=0:1;rua=nobody@example.com,"
      "mailto:,mailto:r@example.com;p=reject;what;2=x;unknown=y");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->policy, DmarcPolicy::quarantine);
  EXPECT_EQ(record->dkim_alignment, DmarcAlignment::relaxed);
  EXPECT_EQ(record->spf_alignment, DmarcAlignment::relaxed);
  EXPECT_EQ(record->psd, 'u');
  EXPECT_FALSE(record->is_testing);
  EXPECT_EQ(record->failure_options, "0");
  ASSERT_EQ(record->aggregate_reports.size(), 1u);
  EXPECT_EQ(record->aggregate_reports[0].mailbox, "r@example.com");
  EXPECT_EQ(record->problems.size(), 10u);
}

// RFC 7489 §6.3
TEST(DmarcRecord, NamesTagsThatAreNoMore) {
  const auto record = parse_dmarc_record("v=DMARC1; p=none; pct=50; rf=afrf; ri=86400");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->obsolete_tags, (std::vector<std::string>{"pct", "rf", "ri"}));
  EXPECT_TRUE(record->problems.empty());
}

// RFC 9989 §4.10.1
TEST(DmarcRecord, WithoutAPolicyMeansNoneOrNothing) {
  const auto without = parse_dmarc_record("v=DMARC1; rua=mailto:r@example.com");
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->has_policy);
  EXPECT_TRUE(without->applies);
  EXPECT_EQ(without->policy, DmarcPolicy::none);
  const auto reported = parse_dmarc_record("v=DMARC1; p=reject; sp=x; rua=mailto:r@example.com");
  ASSERT_TRUE(reported);
  EXPECT_TRUE(reported->applies);
  EXPECT_EQ(reported->policy, DmarcPolicy::none);
  EXPECT_FALSE(parse_dmarc_record("v=DMARC1; p=x")->applies);
  EXPECT_FALSE(parse_dmarc_record("v=DMARC1; p=reject; np=x; rua=x")->applies);
}

TEST(DmarcRecord, CostsNoMoreThanItsText) {
  std::string uris = "v=DMARC1; p=none; rua=";
  for (int i = 0; i < 4000; ++i) uris += "mailto:r@example.com,x,";
  const auto many = parse_dmarc_record(uris);
  ASSERT_TRUE(many);
  EXPECT_LE(many->aggregate_reports.size(), 50u);
  EXPECT_LE(many->problems.size(), 100u);
  std::string tags = "v=DMARC1";
  for (int i = 0; i < 30'000; ++i) tags += ";=";
  EXPECT_LE(parse_dmarc_record(tags)->problems.size(), 101u);
}

}  // namespace
}  // namespace posthaste
