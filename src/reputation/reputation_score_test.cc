#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reputation/reputation_subject.h"

namespace posthaste {
namespace {

using testing::Contains;
using testing::ElementsAre;

ReputationSubject source() {
  ReputationSubject subject;
  subject.name = "s1";
  subject.address = "203.0.113.1";
  return subject;
}

void list(ReputationSubject& subject, BlocklistTier tier) {
  ReputationListing listing;
  listing.answer.zone = "bl.test";
  listing.answer.tier = tier;
  subject.listings.push_back(listing);
}

TEST(ReputationScore, IsUnknownWhenNobodyHasSaidAnything) {
  const ReputationScore score = score_of(source());
  EXPECT_FALSE(score.score);
  EXPECT_THAT(score.reasons,
              ElementsAre("unknown: nobody has said anything yet", "Sender Score unknown"));
}

TEST(ReputationScore, IsUnknownAlsoWhenNoBlocklistHasIt) {
  ReputationSubject subject = source();
  BlocklistAnswer clear;
  clear.zone = "bl.test";
  subject.answers = {clear};
  EXPECT_FALSE(score_of(subject).score);
}

TEST(ReputationScore, IsTheLeastOfSenderScoreAndPenalties) {
  ReputationSubject subject = source();
  subject.sender_score = 75;
  EXPECT_EQ(score_of(subject).score, 75);
  list(subject, BlocklistTier::warn);
  EXPECT_EQ(score_of(subject).score, 75);
  list(subject, BlocklistTier::page);
  EXPECT_EQ(score_of(subject).score, 50);
  EXPECT_THAT(score_of(subject).reasons,
              ElementsAre("Sender Score 75", "-10 listed by bl.test", "-40 listed by bl.test"));
}

TEST(ReputationScore, NeverFallsBelowZero) {
  ReputationSubject subject = source();
  for (int i = 0; i < 5; ++i) list(subject, BlocklistTier::page);
  EXPECT_EQ(score_of(subject).score, 0);
}

TEST(ReputationScore, CostsNothingToBeListedAsGood) {
  ReputationSubject subject = source();
  list(subject, BlocklistTier::allow);
  EXPECT_FALSE(score_of(subject).score);
  EXPECT_THAT(score_of(subject).reasons, Contains("listed as good by bl.test"));
}

TEST(ReputationScore, CountsWhatMicrosoftSays) {
  ReputationSubject subject = source();
  subject.snds.emplace();
  subject.snds->filter_result = "GREEN";
  subject.snds->complaint_rate = 0.001;
  subject.snds->is_below = true;
  EXPECT_EQ(score_of(subject).score, 100);
  subject.snds->is_below = false;
  EXPECT_EQ(score_of(subject).score, 85);
  subject.snds->complaint_rate = 0.003;
  EXPECT_EQ(score_of(subject).score, 70);
  subject.snds->filter_result = "YELLOW";
  EXPECT_EQ(score_of(subject).score, 55);
}

TEST(ReputationScore, CountsWhatGoogleSays) {
  ReputationSubject subject;
  subject.kind = SubjectKind::domain;
  subject.name = "example.test";
  subject.postmaster.emplace();
  subject.postmaster->figures = {{"spam_rate", 0.0005}, {"low_domain_reputation_rate", 0.0}};
  EXPECT_EQ(score_of(subject).score, 100);
  subject.postmaster->figures["low_domain_reputation_rate"] = 0.02;
  subject.rules = {{"DMARC_POLICY", "NEEDS_WORK", ""}, {"SPF", "COMPLIANT", ""}};
  EXPECT_EQ(score_of(subject).score, 75);
  EXPECT_THAT(score_of(subject).reasons, ElementsAre("-15 Gmail: low_domain_reputation_rate 2.00 %",
                                                     "-10 Gmail: DMARC_POLICY needs work"));
}

TEST(ReputationScore, SaysWhenASourceHasNoAddressToAskAbout) {
  ReputationSubject subject = source();
  subject.address.clear();
  EXPECT_THAT(score_of(subject).reasons,
              Contains("no public address to ask about: set public_address"));
}

}  // namespace
}  // namespace posthaste
