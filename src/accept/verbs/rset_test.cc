#include <gtest/gtest.h>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

TEST(Rset, EndsTheTransaction) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@example.com>");
  EXPECT_EQ(dialogue.say_line("RSET"), "250 2.0.0 flushed\r\n");
  EXPECT_FALSE(dialogue.session().is_in_transaction());
  EXPECT_TRUE(dialogue.say_line("RSET x").starts_with("501 "));
}

TEST(Noop, TakesAnyArgument) {
  Dialogue dialogue;
  EXPECT_EQ(dialogue.say("NOOP\r\nNOOP and more \r\n"), "250 2.0.0 ok\r\n250 2.0.0 ok\r\n");
}

TEST(Vrfy, TellsNobodyWhoExists) {
  Dialogue dialogue;
  for (const char* known : {"VRFY <anne@example.com>", "VRFY anne@example.com", "VRFY anne"}) {
    EXPECT_TRUE(dialogue.say_line(known).starts_with("252 2.5.0 ")) << known;
  }
  for (const char* wrong : {"VRFY", "VRFY @@", "VRFY <>"}) {
    EXPECT_TRUE(dialogue.say_line(wrong).starts_with("501 ")) << wrong;
  }
  EXPECT_TRUE(dialogue.say_line("EXPN list").starts_with("502 "));
}

TEST(Help, KnowsTheCommands) {
  Dialogue dialogue;
  EXPECT_TRUE(dialogue.say_line("HELP").starts_with("214 2.0.0 "));
  EXPECT_TRUE(dialogue.say_line("HELP mail").starts_with("214 "));
  EXPECT_TRUE(dialogue.say_line("HELP me!").starts_with("504 "));
}

TEST(Quit, ClosesAndTakesNoArgument) {
  Dialogue dialogue;
  EXPECT_TRUE(dialogue.say_line("QUIT now").starts_with("501 "));
  EXPECT_EQ(dialogue.say("QUIT\r\nNOOP\r\n"), "221 2.0.0 bye\r\n");
  EXPECT_TRUE(dialogue.is_closed());
}

}  // namespace
}  // namespace posthaste
