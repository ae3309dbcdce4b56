#include "mail/message.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMessage =
    "Received: from a\r\n\tby b\r\nFrom: Ann <ann@example.com>\r\nSubject: one\r\n  two\r\n"
    "received : from c\r\n\r\nFrom: not a field\r\n";

TEST(MessageView, FindsFieldsWithoutChangingThem) {
  const MessageView view(kMessage);
  ASSERT_EQ(view.fields().size(), 4U);
  EXPECT_EQ(view.fields()[0].value, " from a\r\n\tby b");
  EXPECT_EQ(view.find("SUBJECT")->value, " one\r\n  two");
  EXPECT_EQ(view.count("Received"), 2U);  // RFC 5322 §4.5.2 allows the space before the colon
  EXPECT_EQ(view.find("To"), nullptr);
  EXPECT_EQ(view.body(), "From: not a field\r\n");
  EXPECT_FALSE(view.is_malformed());
  std::string joined;
  for (const HeaderField& field : view.fields()) {
    joined += kMessage.substr(field.begin, field.end - field.begin);
  }
  EXPECT_EQ(joined, view.header());
}

TEST(MessageView, ReadsBareLineFeedsAlike) {
  const MessageView view("A: 1\n 2\nB: 3\n\nbody");
  ASSERT_EQ(view.fields().size(), 2U);
  EXPECT_EQ(unfold(view.fields()[0].value), "1 2");
  EXPECT_EQ(view.body(), "body");
}

TEST(MessageView, EndsTheHeaderAtALineThatIsNoField) {
  for (const std::string_view message :
       {std::string_view("A: 1\r\nno field\r\nB: 2\r\n"), std::string_view("A: 1\r\n: x\r\n")}) {
    const MessageView view(message);
    EXPECT_TRUE(view.is_malformed());
    EXPECT_EQ(view.fields().size(), 1U);
    EXPECT_EQ(view.body_begin(), 6U);
  }
}

TEST(MessageView, NeedsNeitherHeaderNorBody) {
  EXPECT_TRUE(MessageView("").fields().empty());
  EXPECT_EQ(MessageView("\r\nbody").body(), "body");
  EXPECT_EQ(MessageView("A: 1").body(), "");
  EXPECT_EQ(MessageView("A: 1").fields().at(0).value, " 1");
}

TEST(Unfold, JoinsLinesAndTrims) {
  // RFC 5322 §2.2.3
  EXPECT_EQ(unfold(" This\r\n is a test\r\n"), "This is a test");
  EXPECT_EQ(unfold("\r\n \r\n"), "");
}

TEST(DecodeText, ReadsTheExamplesOfTheStandard) {
  // RFC 2047 §8
  EXPECT_EQ(decode_text("=?ISO-8859-1?Q?a?=", 256), "a");
  EXPECT_EQ(decode_text("=?ISO-8859-1?Q?a?= b", 256), "a b");
  EXPECT_EQ(decode_text("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", 256), "ab");
  EXPECT_EQ(decode_text("=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=", 256), "ab");
  EXPECT_EQ(decode_text("=?ISO-8859-1?Q?a_b?=", 256), "a b");
  EXPECT_EQ(decode_text("=?ISO-8859-1?Q?Andr=E9?= Pirard", 256), "Andr\xC3\xA9 Pirard");
  EXPECT_EQ(decode_text("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=", 256),
            "If you can read this yo");
}

TEST(DecodeText, LeavesWhatItCannotRead) {
  EXPECT_EQ(decode_text(" caf\xC3\xA9 ", 256), "caf\xC3\xA9");
  EXPECT_EQ(decode_text("=?UTF-8?Q?gr=C3=BC?=", 256), "gr\xC3\xBC");
  EXPECT_EQ(decode_text("=?koi8-r?q?=C1?=", 256), "\xD0\xB0");
  for (const char* const text :
       {"=?", "=?utf-8?q?x", "=?utf-8?x?a?=", "=?no-such?q?=C1?=", "a=?b"}) {
    EXPECT_EQ(decode_text(text, 256), text);
  }
}

// Of many beginnings each is searched for its end: not more often than a few times in one text.
TEST(DecodeText, SearchesForFewWordsThatAreNone) {
  const std::string word = "=?utf-8?q?=C3=A9?=";
  std::string many;
  for (int i = 0; i < 9'000; ++i) many += "=?no-such?q?x ";
  EXPECT_TRUE(decode_text("=? =? " + word, 256).ends_with("\xC3\xA9"));
  EXPECT_TRUE(decode_text(many.substr(0, 420) + word, 1'000).ends_with(word));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(decode_text(many, 8'192).size(), 8'192U);
}

TEST(DecodeText, IsCutBetweenCharacters) {
  EXPECT_EQ(decode_text("gr\xC3\xBC\xC3\x9F", 5), "gr\xC3\xBC");
  EXPECT_LE(decode_text(std::string(100'000, 'x'), 256).size(), 256U);
}

TEST(AddressesOf, ReadsTheExamplesOfTheStandard) {
  using List = std::vector<std::string>;
  // RFC 5322 §A.1.2, §A.1.3, §A.5
  EXPECT_EQ(addresses_of("\"Joe Q. Public\" <john.q.public@example.com>"),
            List{"john.q.public@example.com"});
  EXPECT_EQ(addresses_of("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
            (List{"mary@x.test", "jdoe@example.org", "one@y.test"}));
  EXPECT_EQ(addresses_of("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
            (List{"c@a.test", "joe@where.test", "jdoe@one.test"}));
  EXPECT_EQ(addresses_of("Undisclosed recipients:;"), List{});
  EXPECT_EQ(addresses_of("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
            List{"pete@silly.test"});
  EXPECT_EQ(addresses_of("\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
            List{"sysservices@example.net"});
}

TEST(AddressesOf, LeavesOutWhatIsNone) {
  EXPECT_TRUE(addresses_of("").empty());
  EXPECT_TRUE(addresses_of("nobody, (").empty());
  EXPECT_TRUE(addresses_of("<\"").empty());
}

TEST(FormatDate, WritesTheFormOfTheStandard) {
  EXPECT_EQ(format_date(WallTime(0s)), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(format_date(WallTime(1'767'225'599s + 999ms)), "Wed, 31 Dec 2025 23:59:59 +0000");
  EXPECT_EQ(format_date(WallTime(1'709'210'096s)), "Thu, 29 Feb 2024 12:34:56 +0000");
}

TEST(Octets, AreCheckedForWhatTransportNeeds) {
  EXPECT_FALSE(has_eight_bit("plain ascii text\r\n"));
  for (std::size_t i = 0; i < 20; ++i) {
    std::string text(20, 'x');
    text[i] = '\x80';
    EXPECT_TRUE(has_eight_bit(text)) << i;
  }
  EXPECT_EQ(longest_line(""), 0U);
  EXPECT_EQ(longest_line("a\r\nbcd\r\ne"), 3U);
  EXPECT_EQ(longest_line(std::string(998, 'x') + "\r\n"), 998U);
}

}  // namespace
}  // namespace posthaste
