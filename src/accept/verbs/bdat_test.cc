#include <gtest/gtest.h>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

constexpr std::string_view kEnvelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n";

TEST(Bdat, TakesChunksHoweverTheyArrive) {
  const std::string sent =
      std::string(kEnvelope) +
      "BDAT 14\r\nSubject: x\r\n\r\nBDAT 0\r\nBDAT 7\r\n.\r\n..a\rBDAT 1 last\r\n\n"
      "QUIT\r\n";
  for (std::size_t step = 1; step <= sent.size(); ++step) {
    Dialogue dialogue;
    dialogue.begin();
    EXPECT_EQ(dialogue.say(sent, step),
              "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n250 2.0.0 14 octets taken\r\n"
              "250 2.0.0 0 octets taken\r\n250 2.0.0 7 octets taken\r\n"
              "250 2.0.0 queued as 1\r\n221 2.0.0 bye\r\n")
        << step;
    ASSERT_EQ(dialogue.transactions.size(), 1u);
    EXPECT_EQ(dialogue.transactions[0].content, "Subject: x\r\n\r\n.\r\n..a\r\n");
  }
}

TEST(Bdat, ReadsTheChunkOfARefusedCommand) {
  Dialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.say("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
            "503 5.5.1 send MAIL and RCPT first\r\n250 2.0.0 ok\r\n");
}

TEST(Bdat, EndsTheSessionWhenTheChunksEndIsUnknown) {
  for (const char* wrong :
       {"BDAT", "BDAT x", "BDAT -1", "BDAT 5 MORE", "BDAT 5LAST", "BDAT 99999999999999999999999"}) {
    Dialogue dialogue;
    dialogue.begin();
    dialogue.say(kEnvelope);
    EXPECT_TRUE(dialogue.say_line(wrong).starts_with("501 5.5.4 ")) << wrong;
    EXPECT_TRUE(dialogue.is_closed()) << wrong;
  }
}

TEST(Bdat, HoldsChunksToLineEndsAndSize) {
  Dialogue lines;
  lines.begin();
  lines.say(kEnvelope);
  EXPECT_TRUE(lines.say("BDAT 5 LAST\r\na\nb\r\n").starts_with("550 5.6.0 "));
  ListenerConfig listener;
  listener.max_message_size = Bytes(1024);
  Dialogue size(listener);
  size.begin();
  size.say(kEnvelope);
  EXPECT_TRUE(size.say("BDAT 1025\r\n" + std::string(1025, 'x')).starts_with("552 5.3.4 "));
  // The transaction is over, and what the client sends on is read as chunks all the same.
  EXPECT_TRUE(size.say("BDAT 6 LAST\r\nQUIT\r\n").starts_with("503 "));
  EXPECT_EQ(size.say_line("NOOP"), "250 2.0.0 ok\r\n");
}

TEST(Bdat, IsNotMixedWithData) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.say(kEnvelope);
  dialogue.say("BDAT 3\r\nx\r\n");
  EXPECT_TRUE(dialogue.say_line("DATA").starts_with("503 "));
  EXPECT_TRUE(dialogue.say_line("RCPT TO:<c@example.org>").starts_with("503 "));
  EXPECT_TRUE(dialogue.say_line("RSET").starts_with("250 "));
  dialogue.say(kEnvelope);
  EXPECT_TRUE(dialogue.say_line("DATA").starts_with("354 "));
}

}  // namespace
}  // namespace posthaste
