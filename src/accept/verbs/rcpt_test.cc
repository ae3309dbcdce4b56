#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

TEST(Rcpt, ReadsNotifyAndOrcpt) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@example.com>");
  EXPECT_TRUE(dialogue
                  .say_line("RCPT TO:<b@example.org> NOTIFY=success,DELAY "
                            "ORCPT=rfc822;B+2Bx@example.org")
                  .starts_with("250 2.1.5 "));
  EXPECT_TRUE(dialogue.say_line("RCPT TO:<c@example.org> NOTIFY=NEVER").starts_with("250 "));
  EXPECT_TRUE(dialogue.say_line("RCPT TO:<d@example.org>").starts_with("250 "));
  dialogue.say_line("DATA");
  dialogue.say("x\r\n.\r\n");
  ASSERT_EQ(dialogue.transactions.size(), 1u);
  const auto& recipients = dialogue.transactions[0].envelope.recipients;
  ASSERT_EQ(recipients.size(), 3u);
  EXPECT_TRUE(recipients[0].notify.success && recipients[0].notify.delay);
  EXPECT_FALSE(recipients[0].notify.failure);
  EXPECT_EQ(recipients[0].original_recipient, "rfc822;B+x@example.org");
  EXPECT_TRUE(recipients[1].notify.never);
  EXPECT_FALSE(recipients[1].notify.failure);
  EXPECT_FALSE(recipients[2].notify.is_set);
  EXPECT_TRUE(recipients[2].notify.failure);
}

TEST(Rcpt, RefusesBadArguments) {
  for (const char* arguments :
       {"TO:<b@example.org> FOOBAR", "TO:<b@example.org> NOTIFY", "TO:<b@example.org> NOTIFY=X",
        "TO:<b@example.org> NOTIFY=NEVER,SUCCESS", "TO:<b@example.org> NOTIFY=SUCCESS,",
        "TO:<b@example.org> ORCPT=b@example.org", "TO:<b@example.org> ORCPT=rfc822;a+0D+0Ab",
        "TO:<>", "TO:", "FROM:<b@example.org>", "TO:<b@example..org>", "TO:<b>"}) {
    Dialogue dialogue;
    dialogue.begin();
    dialogue.say_line("MAIL FROM:<a@example.com>");
    const std::string said = dialogue.say_line("RCPT " + std::string(arguments));
    EXPECT_TRUE(said.starts_with("5")) << arguments << ": " << said;
  }
}

TEST(Rcpt, TakesPostmasterWithoutADomain) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@example.com>");
  EXPECT_TRUE(dialogue.say_line("RCPT TO:<Postmaster>").starts_with("250 "));
  dialogue.say_line("DATA");
  dialogue.say("x\r\n.\r\n");
  EXPECT_EQ(dialogue.transactions.at(0).envelope.recipients.at(0).address.smtp_form(),
            "Postmaster@mx.example.com");
}

TEST(Rcpt, LimitsRecipientsWithoutCountingErrors) {
  ListenerConfig listener;
  listener.max_recipients = 2;
  listener.max_errors = 2;
  Dialogue dialogue(listener);
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@example.com>");
  for (int i = 0; i < 2; ++i) dialogue.say_line("RCPT TO:<b@example.org>");
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(dialogue.say_line("RCPT TO:<b@example.org>").starts_with("452 4.5.3 "));
  }
  EXPECT_FALSE(dialogue.is_closed());
  EXPECT_TRUE(dialogue.say_line("DATA").starts_with("354 "));
}

TEST(Rcpt, OfAnInboundListenerIsTakenAHundredTimes) {
  ListenerConfig listener;
  listener.role = ListenerRole::inbound;
  Dialogue dialogue(listener, "192.0.2.1");
  dialogue.begin();
  EXPECT_THAT(dialogue.say_line("EHLO client.example"), testing::HasSubstr("RCPTMAX=100\r\n"));
  dialogue.say_line("MAIL FROM:<>");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(dialogue.say_line("RCPT TO:<b-" + std::to_string(i) + "@example.org>").substr(0, 4),
              "250 ");
  }
  EXPECT_EQ(dialogue.say_line("RCPT TO:<b-x@example.org>").substr(0, 10), "452 4.5.3 ");
}

TEST(Rcpt, ComesAfterMail) {
  Dialogue dialogue;
  dialogue.begin();
  EXPECT_TRUE(dialogue.say_line("RCPT TO:<b@example.org>").starts_with("503 5.5.1 "));
}

TEST(Rcpt, RefusesWhoIsSuppressedAndGoesOn) {
  Dialogue dialogue;
  dialogue.refused["b@recipient.test"] = {"suppressed: hard_bounce since 2026-01-01"};
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@sender.test>");
  EXPECT_EQ(dialogue.say("RCPT TO:<b@recipient.test>\r\nRCPT TO:<c@recipient.test>\r\n"),
            "550 5.1.1 suppressed: hard_bounce since 2026-01-01\r\n250 2.1.5 recipient ok\r\n");
  EXPECT_EQ(dialogue.observer.reasons, (std::vector{RejectionReason::suppressed}));
  EXPECT_EQ(dialogue.observer.recipients.front(), "b@recipient.test");
}

TEST(Rcpt, OfSuppressedRecipientsNeverEndsTheSession) {
  Dialogue dialogue;
  dialogue.refused["b@recipient.test"] = {"suppressed: manual since 2026-01-01"};
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<a@sender.test>");
  for (int i = 0; i < 1000; ++i) dialogue.say_line("RCPT TO:<b@recipient.test>");
  EXPECT_FALSE(dialogue.is_closed());
}

TEST(Rcpt, OfAnInboundListenerIsForItsOwnAddressesFromAnybody) {
  ListenerConfig listener;
  listener.role = ListenerRole::inbound;
  listener.max_errors = 2;
  Dialogue dialogue(listener, "192.0.2.1");
  dialogue.refused["b-forged@bounce.test"] = {"a forged return path",
                                              RejectionReason::unknown_recipient};
  EXPECT_EQ(dialogue.say_line("EHLO mx.example").find("DSN"), std::string::npos);
  dialogue.begin();
  dialogue.say_line("MAIL FROM:<>");
  EXPECT_EQ(dialogue.say_line("RCPT TO:<b-1@bounce.test>"), "250 2.1.5 recipient ok\r\n");
  EXPECT_EQ(dialogue.say_line("RCPT TO:<b-forged@bounce.test>"),
            "550 5.1.1 a forged return path\r\n");
  EXPECT_EQ(dialogue.observer.reasons.back(), RejectionReason::unknown_recipient);
  EXPECT_NE(dialogue.say_line("RCPT TO:<b-forged@bounce.test>").find("421 "), std::string::npos)
      << "whoever guesses addresses is hung up on";
}

}  // namespace
}  // namespace posthaste
