#include "route/feedback_id.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

Tags tagged(const std::string& campaign, const std::string& tenant, const std::string& stream) {
  Tags tags;
  tags.campaign = CampaignId(campaign);
  tags.tenant = TenantId(tenant);
  tags.stream = stream;
  return tags;
}

TEST(FeedbackId, HoldsTheTagsAndEndsWithTheSender) {
  const auto id = FeedbackId::parse("{campaign}:{tenant}:s-{stream}:acmemail");
  ASSERT_TRUE(id) << id.error().message();
  EXPECT_EQ(id->of(tagged("spring", "acme", "news")), "spring:acme:s-news:acmemail");
  EXPECT_EQ(id->of({}), "::s-:acmemail");
  EXPECT_EQ(FeedbackId::parse("a:b:c:acme1")->of({}), "a:b:c:acme1");
}

TEST(FeedbackId, KeepsItsFourPartsWhateverTheTagsSay) {
  const auto id = FeedbackId::parse("{campaign}:{tenant}:{stream}:acmemail");
  EXPECT_EQ(id->of(tagged("a:b c\r\nX: y", "{stream}", std::string(200, 'x'))),
            "a_b_c__X__y:_stream_:" + std::string(64, 'x') + ":acmemail");
}

TEST(FeedbackId, RefusesWhatGmailWouldNotCount) {
  for (const char* wrong :
       {"", "acmemail", "a:b:acmemail", "a:b:c:d:acmemail", "a:b:c:acme", "a:b:c:acme-mail",
        "a:b:c:sixteen0letters0", "a:b:c:{tenant}", "a:b c:d:acmemail", "{message_id}:b:c:acmemail",
        "{recipient}:b:c:acmemail"}) {
    EXPECT_FALSE(FeedbackId::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace posthaste
