#include <gtest/gtest.h>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

constexpr std::string_view kEnvelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n";

// The reply to `content`, sent after DATA.
std::string data(const std::string& content, ListenerConfig listener = {}) {
  Dialogue dialogue(std::move(listener));
  dialogue.begin();
  dialogue.say(kEnvelope);
  dialogue.say_line("DATA");
  const std::string said = dialogue.say(content + "\r\n.\r\n");
  EXPECT_EQ(dialogue.transactions.empty(), !said.starts_with("250")) << said;
  EXPECT_EQ(dialogue.budget.taken(), 0u);
  return said;
}

TEST(Data, RefusesContentThatCannotBePassedOn) {
  EXPECT_TRUE(data("a\nb").starts_with("550 5.6.0 "));
  EXPECT_TRUE(data("a\rb").starts_with("550 5.6.0 "));
  EXPECT_TRUE(data(std::string("a\0b", 3)).starts_with("550 5.6.0 "));
  EXPECT_TRUE(data(std::string(70'000, 'x')).starts_with("550 5.6.0 "));
  EXPECT_TRUE(data(std::string(60'000, 'x')).starts_with("250 2.0.0 "));
}

TEST(Data, RefusesMessagesThatAreTooLarge) {
  ListenerConfig listener;
  listener.max_message_size = Bytes(1000);
  EXPECT_TRUE(data(std::string(998, 'x'), listener).starts_with("250 2.0.0 "));
  EXPECT_TRUE(data(std::string(999, 'x'), listener).starts_with("552 5.3.4 "));
}

TEST(Data, RefusesForNowWhenMemoryIsSpent) {
  Dialogue dialogue;
  ASSERT_TRUE(dialogue.budget.try_take(100'000'000));
  dialogue.begin();
  dialogue.say(kEnvelope);
  dialogue.say_line("DATA");
  EXPECT_TRUE(dialogue.say("x\r\n.\r\n").starts_with("452 4.3.1 "));
  EXPECT_EQ(dialogue.observer.reasons.back(), RejectionReason::storage);
}

TEST(Data, NeverTakesAMessageThatCameBeforeTheGoAhead) {
  Dialogue dialogue;
  dialogue.begin();
  const std::string said =
      dialogue.say(std::string(kEnvelope) + "DATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n");
  EXPECT_NE(said.find("554 5.5.0 "), std::string::npos) << said;
  EXPECT_TRUE(dialogue.is_closed());
  EXPECT_TRUE(dialogue.transactions.empty());
}

TEST(Data, GoesOnWithCommandsThatCameBehindTheMessage) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.say(std::string(kEnvelope) + "DATA\r\n");
  EXPECT_EQ(dialogue.say("x\r\n.\r\n" + std::string(kEnvelope) + "DATA\r\n"),
            "250 2.0.0 queued as 1\r\n250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n"
            "354 go ahead, end with <CRLF>.<CRLF>\r\n");
  EXPECT_EQ(dialogue.say("y\r\n.\r\n"), "250 2.0.0 queued as 1\r\n");
  EXPECT_EQ(dialogue.transactions.size(), 2u);
}

TEST(Data, NeedsARecipientAndNoArgument) {
  Dialogue dialogue;
  dialogue.begin();
  EXPECT_TRUE(dialogue.say_line("DATA").starts_with("503 "));
  dialogue.say_line("MAIL FROM:<a@example.com>");
  EXPECT_TRUE(dialogue.say_line("DATA").starts_with("503 "));
  dialogue.say_line("RCPT TO:<b@example.org>");
  EXPECT_TRUE(dialogue.say_line("DATA now").starts_with("501 "));
}

}  // namespace
}  // namespace posthaste
