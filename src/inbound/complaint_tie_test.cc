#include "inbound/complaint_tie.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

TEST(ComplaintTie, OnlyAReturnPathOfOursProvesAnything) {
  const auto codec = ReturnPathCodec::create({"0123456789abcdef"});
  ASSERT_TRUE(codec);
  const MailAddress recipient = *MailAddress::parse("ann@receiver.example");
  const MessageId id = MessageId::parse("01900000-0000-7000-8000-000000000001").value();
  const std::string local = codec->make(id, recipient).smtp_form();
  const auto tie = tie_complaint({{ClueKind::message_id, "1@example.com"},
                                  {ClueKind::return_path, "other@example.com"},
                                  {ClueKind::return_path, local + "@bounce.example.com"}},
                                 &*codec, false);
  ASSERT_TRUE(tie);
  EXPECT_EQ(tie->message, id);
  std::string forged = local;
  forged.back() = forged.back() == 'a' ? 'b' : 'a';
  EXPECT_FALSE(tie_complaint({{ClueKind::return_path, forged + "@bounce.example.com"},
                              {ClueKind::message_id, local + "@bounce.example.com"},
                              {ClueKind::return_path, ""}},
                             &*codec, false));
}

}  // namespace
}  // namespace posthaste
