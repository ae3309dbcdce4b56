#include "mail/mime.h"

#include <gtest/gtest.h>

#include <string>

#include "base/utf8.h"

namespace posthaste {
namespace {

using namespace std::string_literals;

TEST(Mime, ReadsAMessageWithoutMimeAsPlainText) {
  const MimeMessage mime("Subject: hello\r\n\r\nworld\r\n");
  ASSERT_EQ(mime.parts().size(), 1U);
  EXPECT_EQ(mime.root().type, "text/plain");
  EXPECT_FALSE(mime.root().has_type);
  EXPECT_EQ(mime.root().content, "world\r\n");
  EXPECT_EQ(mime.root().fields().field("subject"), "hello");
}

TEST(Mime, GivesThePartsInTheOrderOfTheMessage) {
  const std::string text =
      "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b 1\"\n\n"
      "before\n--b 1\n\nfor people\n--b 1\nContent-Type: Message/Delivery-Status\n\n"
      "Reporting-MTA: dns; a\n\n--b 1  \nContent-Type: message/rfc822\n\nSubject: s\n\nbody\n"
      "--b 1--\nbehind\n";
  const MimeMessage mime(text);
  ASSERT_EQ(mime.parts().size(), 5U);
  EXPECT_EQ(mime.root().preamble, "before\n");
  EXPECT_FALSE(mime.root().is_leaf);
  EXPECT_EQ(mime.parts()[1].content, "for people");
  EXPECT_EQ(mime.parts()[2].type, "message/delivery-status");
  EXPECT_EQ(mime.parts()[2].content, "Reporting-MTA: dns; a\n");
  EXPECT_FALSE(mime.parts()[3].is_leaf);
  EXPECT_EQ(mime.parts()[4].parent, 3U);
  EXPECT_EQ(mime.parts()[4].fields().field("Subject"), "s");
  EXPECT_EQ(mime.parts()[3].parent, 0U);
}

// RFC 2046 §5.1.1: an outer delimiter ends whatever is open inside.
TEST(Mime, EndsInnerPartsAtTheOuterBoundary) {
  const MimeMessage mime(
      "Content-Type: multipart/mixed; boundary=out\n\n--out\n"
      "Content-Type: multipart/alternative; boundary=out-in\n\n--out-in\n\ninner\n"
      "--out\n\nlast\n--out--\n");
  ASSERT_EQ(mime.parts().size(), 4U);
  EXPECT_EQ(mime.parts()[2].content, "inner");
  EXPECT_EQ(mime.parts()[3].content, "last");
}

TEST(Mime, GuessesABoundaryThatIsMissingOrWrong) {
  for (const char* const type : {"multipart/mixed", "multipart/mixed; boundary=other"}) {
    const MimeMessage mime("Content-Type: "s + type +
                           "\n\n--real\nContent-Type: text/html\n\n<p>\n--real--\n");
    ASSERT_EQ(mime.parts().size(), 2U) << type;
    EXPECT_EQ(mime.parts()[1].type, "text/html");
  }
  const MimeMessage none("Content-Type: multipart/mixed\n\nonly words\n");
  EXPECT_EQ(none.root().type, "text/plain");
  EXPECT_TRUE(none.root().is_leaf);
}

TEST(Mime, KeepsAPartThatIsNeverClosed) {
  const MimeMessage mime("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo");
  ASSERT_EQ(mime.parts().size(), 3U);
  EXPECT_EQ(mime.parts()[2].content, "two");
}

// RFC 2045 §6.7, §6.8.
TEST(Mime, DecodesTransferEncodings) {
  EXPECT_EQ(decode_transfer("aGVs\r\nbG8=\r\n", TransferEncoding::base64), "hello");
  EXPECT_EQ(decode_transfer("aG=VsbG8!", TransferEncoding::base64), "h\x56\xc6\xc6"s.substr(0, 4))
      << "padding ends a quantum";
  EXPECT_EQ(decode_transfer("a=3Db=\r\nc =\n d  \n=zz", TransferEncoding::quoted_printable),
            "a=bc  d\n=zz");
  EXPECT_EQ(decode_transfer("begin 644 x\n%:&5L;&\\\n`\nend\n", TransferEncoding::uuencode),
            "hello");
  EXPECT_EQ(decode_transfer("aGVsbG8=", TransferEncoding::base64, 2), "he");
}

TEST(Mime, ReadsParametersInPiecesAndCharsets) {
  // RFC 2231 §4.1.
  const MimeValue value = MimeValue::parse(
      " application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
      " title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"");
  EXPECT_EQ(value.type, "application/x-stuff");
  EXPECT_EQ(value.parameter("title"), "This is even more ***fun*** isn't it!");
  EXPECT_EQ(MimeValue::parse("a/b; x=1 (why; not); Y=\"a\\\"b;c\" ; z=2").parameter("y"), "a\"b;c");
  EXPECT_EQ(MimeValue::parse("a/b; name*=iso-8859-1''%A3%20rates").parameter("name"),
            "\xc2\xa3 rates");
  EXPECT_EQ(MimeValue::parse("text/plain; boundary=abc charset=utf-8").parameter("charset"),
            "utf-8");
  EXPECT_EQ(MimeValue::parse("multipart/mixed boundary=\"x y\"").parameter("boundary"), "x y");
  EXPECT_EQ(MimeValue::parse("text / plain; a=b").type, "text/plain");
}

TEST(Mime, NamesFilesWithoutTheirFolders) {
  const MimeMessage mime(
      "Content-Type: application/gzip; name=other.gz\n"
      "Content-Disposition: attachment; filename=\"C:\\\\temp\\\\=?utf-8?q?r=C3=A9port?=.gz\"\n"
      "Content-Transfer-Encoding: base64\n\nH4sI\n");
  EXPECT_EQ(mime.root().filename, "r\xc3\xa9port.gz");
  EXPECT_EQ(mime.root().decoded(), "\x1f\x8b\x08");
}

TEST(Mime, TurnsCharsetsIntoUtf8) {
  EXPECT_EQ(to_utf8("\x1b$B%f!<%6!<\x1b(B", "iso-2022-jp"), "\u30e6\u30fc\u30b6\u30fc");
  EXPECT_EQ(to_utf8("\x96", "iso-8859-1"), "\u2013");
  EXPECT_EQ(to_utf8("caf\xe9", "no-such"), "caf\u00e9");
  EXPECT_EQ(to_utf8("caf\xe9", "utf-8"), "caf\u00e9");
  // Whatever it is read as, what comes out is UTF-8.
  for (const char* const text : {"\xc0\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80", "\xc3"}) {
    EXPECT_TRUE(is_utf8(to_utf8(text, "utf-8")));
    EXPECT_TRUE(is_utf8(to_utf8(text, "")));
  }
  EXPECT_EQ(to_utf8("\xc3\xa9", "us-ascii"), "\u00e9");
}

TEST(Mime, ReadsMessagesInsideMessagesEvenEncoded) {
  const MimeMessage mime(
      "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
      "U3ViamVjdDogaW5uZXIKCmJvZHkK\n");
  ASSERT_EQ(mime.parts().size(), 2U);
  EXPECT_EQ(mime.parts()[1].fields().field("subject"), "inner");
  EXPECT_EQ(mime.parts()[1].content, "body\n");
}

TEST(Mime, ReadsHeadersWithMailboxLinesAndGarbage) {
  const MimeHeader header = MimeHeader::read(
      "From x@y Thu Jan  1 00:00:00 2026\nReceived: a\n b\ngarbage here\nSubject: s\n\nbody");
  ASSERT_EQ(header.fields.size(), 2U);
  EXPECT_EQ(unfold(header.fields[0].value), "a b");
  EXPECT_EQ(header.field("Subject"), "s");
  EXPECT_EQ(MimeHeader::read("Subject: s\nno field here\nnor here\n").body_begin, 11U);
}

TEST(Mime, IsBoundedInDepthPartsAndFields) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "Content-Type: message/rfc822\n\n";
  const MimeMessage nested(deep);
  EXPECT_LE(nested.parts().size(), MimeLimits().max_depth);
  EXPECT_TRUE(nested.is_cut());

  std::string wide = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 100000; ++i) wide += "--b\n";
  const MimeMessage many(wide);
  EXPECT_LE(many.parts().size(), MimeLimits().max_parts);
  EXPECT_TRUE(many.is_cut());

  std::string fields;
  for (int i = 0; i < 100000; ++i) fields += "a:\n";
  EXPECT_LE(MimeHeader::read(fields).fields.size(), MimeLimits().max_fields);
}

// A mail may hold hundreds of such fields: each must cost its length, and not the square of it.
TEST(Mime, ReadsFieldsOfWhiteSpaceOnce) {
  const std::string blanks(32'000, ' ');
  std::string comments;
  while (comments.size() < 32'000) comments += "=x (c)";
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(MimeValue::parse("a/b; x=1" + blanks + "2").parameter("x").starts_with('1'));
    EXPECT_EQ(MimeValue::parse("a/b; " + comments).type, "a/b");
  }
  EXPECT_EQ(MimeValue::parse("a/b; x=1" + blanks + "y=2").parameter("y"), "2");
  EXPECT_EQ(MimeValue::parse("a/b; x=1 \"; y=2").parameter("x"), "1 \"");
}

TEST(Mime, ReadsATypeOnceHoweverLongItIs) {
  const std::string endless(32'000, 'a');
  for (int i = 0; i < 50; ++i) EXPECT_EQ(MimeValue::parse(endless).type.size(), endless.size());
}

// Each level holds nearly all of the message, and is decoded by itself.
TEST(Mime, DecodesMessagesInMessagesToTwiceTheWholeAtMost) {
  std::string nested = "Subject: s\n\n" + std::string(1'000'000, 'x') + "\n";
  for (int i = 0; i < 15; ++i) {
    nested =
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n" + nested;
  }
  const MimeMessage mime(nested);
  EXPECT_TRUE(mime.is_cut());
  EXPECT_EQ(mime.parts().size(), 3U);
  EXPECT_TRUE(mime.parts().back().is_leaf);
}

TEST(Mime, NeedsNoMessageAtAll) {
  for (const char* const text :
       {"", "\n", "\r\n\r\n", ":", "--", "Content-Type:", "\xff\xfe\n\n"}) {
    EXPECT_FALSE(MimeMessage(text).parts().empty()) << text;
  }
}

}  // namespace
}  // namespace posthaste
