#include "mail/reply.h"

#include <gtest/gtest.h>

#include "mail/mail_error.h"

namespace posthaste {
namespace {

Reply whole(std::string_view wire) {
  ReplyParser parser;
  const auto reply = parser.parse(wire);
  EXPECT_TRUE(reply && *reply);
  return reply && *reply ? **reply : Reply();
}

TEST(EnhancedStatus, ReadsAndPrintsTheThreeNumbers) {
  const auto status = EnhancedStatus::parse("5.7.509 rejected");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->to_string(), "5.7.509");
  for (const char* const text : {"", "5", "5.1", "5.1.", "3.1.1", "5.1.1x", "5.1111.1", "5..1"}) {
    EXPECT_FALSE(EnhancedStatus::parse(text)) << text;
  }
}

TEST(ReplyParser, ReadsTheRepliesOfTheStandard) {
  // RFC 5321 §4.2.1
  const Reply ehlo = whole("250-First line\r\n250-Second line\r\n250-234 Text\r\n250 The last\r\n");
  EXPECT_EQ(ehlo.code, 250U);
  ASSERT_EQ(ehlo.lines.size(), 4U);
  EXPECT_EQ(ehlo.lines[2], "234 Text");
  // RFC 2034 §5
  const Reply refused = whole("550-5.1.1 no such user\r\n550 5.1.1 ask elsewhere\r\n");
  EXPECT_EQ(refused.enhanced, (EnhancedStatus{5, 1, 1}));
  EXPECT_EQ(refused.text(), "550 5.1.1 no such user ask elsewhere");
  EXPECT_TRUE(refused.is_permanent());
}

TEST(ReplyParser, ToleratesBareLineFeedAndNoText) {
  EXPECT_EQ(whole("220 ready\n").lines.at(0), "ready");
  EXPECT_EQ(whole("354\r\n").code, 354U);
  EXPECT_EQ(whole("250 \r\n").lines.at(0), "");
}

TEST(ReplyParser, ReadsPiecesOfAnySizeAndLeavesWhatFollows) {
  const std::string wire = "250-a\r\n250 b\r\n354 go\r\n";
  ReplyParser parser;
  std::vector<std::string> replies;
  for (const char& octet : wire) {
    std::string_view piece(&octet, 1);
    const auto reply = parser.parse(piece);
    ASSERT_TRUE(reply);
    if (*reply) replies.push_back((*reply)->text());
  }
  EXPECT_EQ(replies, (std::vector<std::string>{"250 a b", "354 go"}));
  std::string_view both = wire;
  ASSERT_TRUE(parser.parse(both));
  EXPECT_EQ(both, "354 go\r\n");
}

TEST(ReplyParser, RefusesWhatIsNoSmtp) {
  for (std::string_view wire : {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "25\r\n", "250_x\r\n",
                                "150 x\r\n", "650 x\r\n", "250-a\r\n251 b\r\n", "2500 x\r\n"}) {
    ReplyParser parser;
    const std::string shown(wire);
    const auto reply = parser.parse(wire);
    ASSERT_FALSE(reply) << shown;
    EXPECT_EQ(reply.error().code, MailErrc::bad_reply) << shown;
  }
}

TEST(ReplyParser, BoundsWhatItHolds) {
  ReplyParser parser;
  const std::string endless(ReplyParser::kMaxLine + 1, 'x');
  std::string_view wire = endless;
  EXPECT_FALSE(parser.parse(wire));
  std::string many;
  for (std::size_t i = 0; i <= ReplyParser::kMaxLines; ++i) many += "250-x\r\n";
  ReplyParser other;
  wire = many;
  EXPECT_FALSE(other.parse(wire));
}

}  // namespace
}  // namespace posthaste
