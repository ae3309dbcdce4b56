#include "route/sender_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using enum SenderRule;

struct Sent {
  SenderJudgement judged(const RemoteQueueConfig& queue = {}) const {
    return judge_sender({form, signed_for, return_path}, queue);
  }

  HeaderForm form{.author_domain = "news.example.co.uk"};
  std::vector<std::string> signed_for{"example.co.uk"};
  std::string return_path = "host.test";
};

RemoteQueueConfig bulk_class() {
  RemoteQueueConfig queue;
  queue.bulk = true;
  return queue;
}

TEST(SenderRules, CompareDomainsByTheirOrganizations) {
  EXPECT_EQ(align("example.com", "example.com"), AlignmentResult::strict);
  EXPECT_EQ(align("a.example.com", "b.example.com"), AlignmentResult::relaxed);
  EXPECT_EQ(align("example.co.uk", "b.example.co.uk"), AlignmentResult::relaxed);
  EXPECT_EQ(align("a.co.uk", "b.co.uk"), AlignmentResult::none);
  EXPECT_EQ(align("co.uk", "b.co.uk"), AlignmentResult::none);
  EXPECT_EQ(align("example.com", "example.org"), AlignmentResult::none);
  EXPECT_EQ(align("example.com", ""), AlignmentResult::none);
  EXPECT_EQ(align("", ""), AlignmentResult::none);
}

TEST(SenderRules, TakeOneAlignedIdentifierForEnough) {
  Sent sent;
  EXPECT_THAT(sent.judged().broken, IsEmpty());
  EXPECT_EQ(sent.judged().alignment(), "dkim=relaxed return_path=none");
  sent.signed_for = {"host.test"};
  EXPECT_THAT(sent.judged().broken, ElementsAre(from_alignment));
  sent.return_path = "b.example.co.uk";
  EXPECT_THAT(sent.judged().broken, IsEmpty());
  sent.return_path = "";
  sent.form.signed_by = {"other.test", "news.example.co.uk"};
  EXPECT_EQ(sent.judged().alignment(), "dkim=strict return_path=none");
}

TEST(SenderRules, AskForTheSameDomainWhereAlignmentIsStrict) {
  RemoteQueueConfig queue;
  queue.alignment = Alignment::strict;
  Sent sent;
  EXPECT_THAT(sent.judged(queue).broken, ElementsAre(from_alignment));
  sent.signed_for.emplace_back("news.example.co.uk");
  EXPECT_THAT(sent.judged(queue).broken, IsEmpty());
}

TEST(SenderRules, AskBulkMailForSignedOneClick) {
  Sent sent;
  EXPECT_THAT(sent.judged(bulk_class()).broken, ElementsAre(one_click_unsubscribe));
  sent.form.has_one_click = true;
  EXPECT_THAT(sent.judged(bulk_class()).broken, IsEmpty());
  sent.signed_for.clear();
  sent.return_path = "example.co.uk";
  EXPECT_THAT(sent.judged(bulk_class()).broken, ElementsAre(dkim_signature, one_click_unsubscribe));
  EXPECT_THAT(sent.judged().broken, IsEmpty());
  sent.form.signed_by = {"example.co.uk"};
  EXPECT_THAT(sent.judged(bulk_class()).broken, ElementsAre(one_click_unsubscribe));
  sent.form.is_one_click_signed = true;
  EXPECT_THAT(sent.judged(bulk_class()).broken, IsEmpty());
}

TEST(SenderRules, NameWhatIsWrongAndWhatToDo) {
  Sent sent;
  sent.form.broken = {valid_date, single_from};
  sent.form.author_domain.clear();
  EXPECT_THAT(sent.judged().broken, ElementsAre(single_from, valid_date, from_alignment));
  sent.form.author_domain = "example.com";
  const SenderFacts facts{sent.form, sent.signed_for, sent.return_path};
  EXPECT_EQ(explain(from_alignment, facts),
            "from_alignment: From is of example.com, the DKIM signatures of example.co.uk, the "
            "return path of host.test: sign with d=example.com, or use a return path below it");
  for (const SenderRule rule : {single_from, valid_message_id, valid_date, single_fields,
                                header_size, dkim_signature, one_click_unsubscribe}) {
    EXPECT_THAT(explain(rule, facts), HasSubstr(std::string(to_string(rule)) + ": "));
    EXPECT_LT(explain(rule, facts).size(), 490U);
  }
}

}  // namespace
}  // namespace posthaste
