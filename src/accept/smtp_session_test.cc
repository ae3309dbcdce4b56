#include "accept/smtp_session.h"

#include <gtest/gtest.h>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

constexpr std::string_view kEnvelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n";

TEST(SmtpSession, TakesAMessage) {
  Dialogue dialogue;
  dialogue.session().greet(SmtpSession::Opening::silent);
  EXPECT_EQ(dialogue.say_line(""),
            "220 mx.example.com ESMTP Posthaste\r\n"
            "500 5.5.1 unknown command: HELP lists the commands\r\n");
  EXPECT_TRUE(dialogue.say_line("EHLO client.example").starts_with("250-mx.example.com\r\n"));
  EXPECT_EQ(dialogue.say_line("MAIL FROM:<a@example.com>"), "250 2.1.0 sender ok\r\n");
  EXPECT_EQ(dialogue.say_line("RCPT TO:<b@example.org>"), "250 2.1.5 recipient ok\r\n");
  EXPECT_TRUE(dialogue.say_line("DATA").starts_with("354 "));
  EXPECT_EQ(dialogue.say("Subject: x\r\n\r\n..hi\r\n.\r\n"), "250 2.0.0 queued as 1\r\n");
  EXPECT_EQ(dialogue.say_line("QUIT"), "221 2.0.0 bye\r\n");
  EXPECT_TRUE(dialogue.is_closed());
  ASSERT_EQ(dialogue.transactions.size(), 1u);
  const Transaction& transaction = dialogue.transactions[0];
  EXPECT_EQ(transaction.content, "Subject: x\r\n\r\n.hi\r\n");
  EXPECT_EQ(transaction.envelope.sender.smtp_form(), "a@example.com");
  ASSERT_EQ(transaction.envelope.recipients.size(), 1u);
  EXPECT_EQ(transaction.envelope.recipients[0].address.smtp_form(), "b@example.org");
  EXPECT_EQ(dialogue.observer.sizes.size(), 1u);
  EXPECT_EQ(dialogue.budget.taken(), 0u);
}

TEST(SmtpSession, UnderstandsCommandsHoweverTheyArrive) {
  const std::string transcript =
      "ehlo client\r\nmail from:<a@example.com>\r\n"
      "Rcpt To:<b@example.org>\r\nNOOP\r\nRSET\r\nQUIT\r\n";
  Dialogue whole;
  whole.session().greet(SmtpSession::Opening::silent);
  const std::string expected = whole.say(transcript);
  for (std::size_t step = 1; step < transcript.size(); ++step) {
    Dialogue dialogue;
    dialogue.session().greet(SmtpSession::Opening::silent);
    EXPECT_EQ(dialogue.say(transcript, step), expected) << step;
  }
}

TEST(SmtpSession, AnswersPipelinedCommandsInOrder) {
  Dialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.say(std::string(kEnvelope) + "RCPT TO:<bad\r\nRCPT TO:<c@example.org>\r\n"),
            "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n"
            "501 5.5.4 write RCPT TO:<address>\r\n250 2.1.5 recipient ok\r\n");
}

TEST(SmtpSession, RefusesEarlyTalkersAndCloses) {
  Dialogue dialogue;
  dialogue.session().greet(SmtpSession::Opening::spoke_early);
  EXPECT_TRUE(dialogue.session().take_output().starts_with("554 5.5.0 "));
  EXPECT_TRUE(dialogue.is_closed());
  ListenerConfig lenient;
  lenient.refuse_early_talkers = false;
  Dialogue allowed(lenient);
  allowed.session().greet(SmtpSession::Opening::spoke_early);
  EXPECT_TRUE(allowed.session().take_output().starts_with("220 "));
}

TEST(SmtpSession, NeverRunsACommandThatABareLfEnds) {
  Dialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.say("MAIL FROM:<a@example.com>\nRCPT TO:<b@example.org>\nDATA\n"),
            "500 5.5.2 bare LF: end every line with CRLF\r\n");
  EXPECT_FALSE(dialogue.session().is_in_transaction());
  // All up to the next CRLF is that one bad line.
  EXPECT_EQ(dialogue.say("RSET\r\nNOOP\r\n"), "250 2.0.0 ok\r\n");
}

TEST(SmtpSession, SkipsBadLinesHoweverTheyArrive) {
  const std::string octets =
      "NOOP\nRSET\n\rx\r\r\nNOOP a\r\nNO\rOP\r\n" + std::string(3000, 'x') + "\r\nNOOP b\r\n";
  for (std::size_t step = 1; step < 40; ++step) {
    Dialogue dialogue;
    dialogue.begin();
    EXPECT_EQ(dialogue.say(octets, step),
              "500 5.5.2 bare LF: end every line with CRLF\r\n250 2.0.0 ok\r\n"
              "500 5.5.2 the line holds a bare CR or a NUL: leave it out\r\n"
              "500 5.5.2 line too long: keep commands below 2048 octets\r\n250 2.0.0 ok\r\n")
        << step;
  }
}

TEST(SmtpSession, RefusesToGoOnWithHttp) {
  Dialogue dialogue;
  dialogue.session().greet(SmtpSession::Opening::silent);
  dialogue.say("POST / HTTP/1.1\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n");
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(SmtpSession, EndsAfterTooManyErrors) {
  ListenerConfig listener;
  listener.max_errors = 3;
  Dialogue dialogue(listener);
  dialogue.begin();
  EXPECT_EQ(dialogue.say("X\r\nX\r\nX\r\nNOOP\r\n"),
            "500 5.5.1 unknown command: HELP lists the commands\r\n"
            "500 5.5.1 unknown command: HELP lists the commands\r\n"
            "500 5.5.1 unknown command: HELP lists the commands\r\n"
            "421 4.7.0 too many errors: read the replies and connect again\r\n");
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(SmtpSession, LimitsTransactionsOfASession) {
  ListenerConfig listener;
  listener.max_transactions = 2;
  Dialogue dialogue(listener);
  dialogue.begin();
  for (int i = 0; i < 2; ++i) {
    dialogue.say(kEnvelope);
    dialogue.say("DATA\r\n");
    EXPECT_TRUE(dialogue.say("x\r\n.\r\n").starts_with("250 "));
  }
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com>").starts_with("421 4.7.0 "));
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(SmtpSession, EndsAtOnceWhenDrainedOutsideATransaction) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.session().drain();
  EXPECT_TRUE(dialogue.session().take_output().starts_with("421 4.3.2 "));
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(SmtpSession, FinishesItsTransactionWhenDrained) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.say(kEnvelope);
  dialogue.session().drain();
  EXPECT_TRUE(dialogue.say("DATA\r\n").starts_with("354 "));
  const std::string said = dialogue.say("x\r\n.\r\n");
  EXPECT_TRUE(said.starts_with("250 2.0.0 queued as 1\r\n421 4.3.2 ")) << said;
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(SmtpSession, PassesOnTheRefusalOfTheReception) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.outcome = {false, 452, "4.3.1", "disk is full", 0, RejectionReason::storage};
  dialogue.say(kEnvelope);
  dialogue.say("DATA\r\n");
  EXPECT_EQ(dialogue.say("x\r\n.\r\n"), "452 4.3.1 disk is full\r\n");
  EXPECT_EQ(dialogue.observer.senders.back(), "a@example.com");
  EXPECT_TRUE(dialogue.observer.sizes.empty());
  EXPECT_EQ(dialogue.say("DATA\r\n"), "503 5.5.1 send MAIL and RCPT first\r\n");
}

TEST(SmtpSession, NeverRelaysForStrangers) {
  Dialogue dialogue({}, "203.0.113.9");
  dialogue.begin();
  EXPECT_EQ(dialogue.say(kEnvelope),
            "250 2.1.0 sender ok\r\n550 5.7.1 relaying denied: authenticate first\r\n");
  EXPECT_EQ(dialogue.observer.reasons.back(), RejectionReason::relaying_denied);
  EXPECT_EQ(dialogue.observer.recipients.back(), "b@example.org");
  EXPECT_TRUE(dialogue.say("DATA\r\n").starts_with("503 "));
}

TEST(SmtpSession, RelaysForItsNetworks) {
  ListenerConfig listener;
  listener.relay_from = {*Network::parse("203.0.113.0/24")};
  Dialogue inside(listener, "203.0.113.9");
  EXPECT_EQ(inside.begin().say(kEnvelope), "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n");
  Dialogue outside(listener, "127.0.0.1");
  EXPECT_TRUE(outside.begin().say(kEnvelope).ends_with("authenticate first\r\n"));
}

}  // namespace
}  // namespace posthaste
