#include "accept/header_examination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using enum SenderRule;

const std::string kRight =
    "From: A <a@Example.com>\r\nTo: b@example.org\r\nSubject: x\r\n"
    "Date: Wed, 31 Dec 2025 23:59:59 +0000\r\nMessage-ID: <1@example.com>\r\n";

HeaderForm form_of(const std::string& header) {
  const std::string message = header + "\r\nbody\r\n";
  const MessageView view(message);
  HeaderExamination examination;
  for (const HeaderField& field : view.fields()) examination.take(field);
  return examination.finish();
}

TEST(HeaderExamination, FindsNothingInARightHeader) {
  const HeaderForm form = form_of(kRight);
  EXPECT_THAT(form.broken, IsEmpty());
  EXPECT_EQ(form.author_domain, "example.com");
  EXPECT_FALSE(form.has_one_click);
}

TEST(HeaderExamination, LeavesDateAndMessageIdToBeAdded) {
  EXPECT_THAT(form_of("From: a@example.com\r\n").broken, IsEmpty());
}

TEST(HeaderExamination, AsksForOneAuthorDomain) {
  EXPECT_THAT(form_of("Subject: x\r\n").broken, ElementsAre(single_from));
  EXPECT_THAT(form_of(kRight + "From: a@example.com\r\n").broken, ElementsAre(single_from));
  EXPECT_THAT(form_of("From: a@example.com, b@example.net\r\n").broken, ElementsAre(single_from));
  EXPECT_THAT(form_of("From: nobody\r\n").broken, ElementsAre(single_from));
  EXPECT_THAT(form_of("From: a@[192.0.2.1]\r\n").broken, ElementsAre(single_from));
  EXPECT_EQ(form_of("From: a@example.com, b@example.net\r\n").author_domain, "");
  EXPECT_EQ(form_of("From: a@example.com, b@EXAMPLE.com\r\n").author_domain, "example.com");
}

TEST(HeaderExamination, KnowsDatesAndMessageIds) {
  const std::string from = "From: a@example.com\r\n";
  EXPECT_THAT(form_of(from + "Date: yesterday\r\n").broken, ElementsAre(valid_date));
  for (const std::string& id : {std::string("1@example.com"), std::string("<1>"),
                                std::string("<@x>"), std::string("<1@>"), std::string("<1 2@x.y>"),
                                std::string("<1@x> <2@x>"), "<" + std::string(500, 'x') + "@x>"}) {
    EXPECT_THAT(form_of(from + "Message-ID: " + id + "\r\n").broken, ElementsAre(valid_message_id))
        << id;
  }
  EXPECT_THAT(form_of(from + "Message-ID:\r\n <\"a b\"x@[1.2]>\r\n").broken,
              ElementsAre(valid_message_id));
  EXPECT_THAT(form_of(from + "Message-ID:\r\n <1.2$x@[192.0.2.1]>\r\n").broken, IsEmpty());
}

TEST(HeaderExamination, FindsWhatStandsTwiceOrIsTooLarge) {
  EXPECT_THAT(form_of(kRight + "to: c@example.org\r\n").broken, ElementsAre(single_fields));
  EXPECT_THAT(form_of(kRight + "Received: x\r\nReceived: y\r\n").broken, IsEmpty());
  EXPECT_THAT(form_of("From: a@example.com\r\nSubject: " + std::string(999, 'x') + "\r\n").broken,
              ElementsAre(header_size));
  EXPECT_THAT(form_of(kRight + "X-Long: " + std::string(33'000, 'x') + "\r\n").broken,
              ElementsAre(header_size));
  std::string many = kRight;
  for (int i = 0; i < 5000; ++i) many += "X: y\r\n";
  EXPECT_THAT(form_of(many).broken, ElementsAre(header_size));
}

TEST(HeaderExamination, KnowsOneClickAndWhoSignedIt) {
  const std::string link = "List-Unsubscribe: <mailto:u@x.test>,\r\n < https://x.test/u>\r\n";
  const std::string post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  EXPECT_FALSE(form_of(kRight + link).has_one_click);
  EXPECT_FALSE(form_of(kRight + post).has_one_click);
  EXPECT_FALSE(form_of(kRight + "List-Unsubscribe: <http://x.test/u>\r\n" + post).has_one_click);
  EXPECT_TRUE(form_of(kRight + link + post).has_one_click);
  EXPECT_FALSE(form_of(kRight + link + post).is_one_click_signed);
  const std::string half = "DKIM-Signature: v=1; d=A.test; h=from:list-unsubscribe; b=x\r\n";
  const std::string whole =
      "DKIM-Signature: v=1; d=b.test;\r\n h=From : List-Unsubscribe-Post:\r\n List-Unsubscribe; "
      "b=x\r\n";
  EXPECT_FALSE(form_of(kRight + link + post + half).is_one_click_signed);
  const HeaderForm form = form_of(half + whole + kRight + link + post);
  EXPECT_TRUE(form.is_one_click_signed);
  EXPECT_THAT(form.signed_by, ElementsAre("a.test", "b.test"));
  EXPECT_THAT(form_of("DKIM-Signature: d=a\r\n b; h=from\r\n" + kRight).signed_by, IsEmpty());
}

}  // namespace
}  // namespace posthaste
