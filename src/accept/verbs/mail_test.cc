#include <gtest/gtest.h>

#include <boost/asio/ssl/context.hpp>

#include "accept/session_fixture.h"

namespace posthaste {
namespace {

// The reply to MAIL, and the envelope of the message that follows.
struct Told {
  std::string reply;
  Envelope envelope;
};

Told mail(const std::string& arguments) {
  Dialogue dialogue;
  dialogue.begin();
  Told told;
  told.reply = dialogue.say_line("MAIL " + arguments);
  dialogue.say_line("RCPT TO:<b@example.org>");
  dialogue.say_line("DATA");
  dialogue.say("x\r\n.\r\n");
  if (!dialogue.transactions.empty()) told.envelope = dialogue.transactions[0].envelope;
  return told;
}

TEST(Mail, TakesPathsOfEveryForm) {
  struct Case {
    const char* arguments;
    const char* sender;
  };
  for (const Case& test : {Case{"FROM:<a@example.com>", "a@example.com"},
                           Case{"from: <a@example.com>", "a@example.com"},
                           Case{"FROM:a@example.com", "a@example.com"}, Case{"FROM:<>", ""},
                           Case{"FROM:<@one.example,@two.example:a@example.com>", "a@example.com"},
                           Case{"FROM:<\"a b>\"@example.com>", "\"a b>\"@example.com"},
                           Case{"FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"}}) {
    const Told told = mail(test.arguments);
    EXPECT_EQ(told.reply, "250 2.1.0 sender ok\r\n") << test.arguments;
    EXPECT_EQ(told.envelope.sender.smtp_form(), test.sender) << test.arguments;
  }
}

TEST(Mail, RefusesWhatIsNoPath) {
  for (const char* arguments : {"", "FROM", "FROM:", "TO:<a@example.com>", "FROM:<a@example.com",
                                "FROM:<a@example.com>x", "FROM:<@one.example>", "FROM:<a b@c>",
                                "FROM:<a@b> <c@d>", "FROM:<a@exa mple.com>", "FROM:<a>"}) {
    EXPECT_TRUE(mail(arguments).reply.starts_with("5")) << arguments;
  }
}

TEST(Mail, ReadsItsParameters) {
  const Told told = mail(
      "FROM:<a@example.com> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=QQ+2B1 "
      "AUTH=<> SMTPUTF8");
  EXPECT_EQ(told.reply, "250 2.1.0 sender ok\r\n");
  EXPECT_EQ(told.envelope.body_type, BodyType::eight_bit_mime);
  EXPECT_EQ(told.envelope.dsn_return, DsnReturn::headers);
  EXPECT_EQ(told.envelope.envelope_id, "QQ+1");
  EXPECT_TRUE(told.envelope.smtputf8);
}

TEST(Mail, RefusesBadParameters) {
  struct Case {
    const char* parameters;
    const char* code;
  };
  for (const Case& test :
       {Case{"FOO=BAR", "555 5.5.4 "}, Case{"SIZE", "501 5.5.4 "}, Case{"SIZE=x", "501 5.5.4 "},
        Case{"SIZE=-1", "501 5.5.4 "}, Case{"SIZE=99999999999999999999", "552 5.3.4 "},
        Case{"SIZE=50000001", "552 5.3.4 "}, Case{"BODY=9BIT", "501 5.5.4 "},
        Case{"BODY=BINARYMIME", "504 5.5.4 "}, Case{"RET=ALL", "501 5.5.4 "},
        Case{"RET=FULL RET=HDRS", "501 5.5.4 "}, Case{"ENVID=a+0Ab", "501 5.5.4 "},
        Case{"ENVID=a+b", "501 5.5.4 "}, Case{"SMTPUTF8=1", "501 5.5.4 "}, Case{"=x", "501 5.5.4 "},
        Case{"-A=x", "501 5.5.4 "}, Case{"REQUIRETLS", "555 5.5.4 "}}) {
    const Told told = mail("FROM:<a@example.com> " + std::string(test.parameters));
    EXPECT_TRUE(told.reply.starts_with(test.code)) << test.parameters << ": " << told.reply;
  }
}

TEST(Mail, WantsSmtputf8ForWhatIsNotAscii) {
  EXPECT_TRUE(mail("FROM:<gr\xC3\xBC\xC3\x9F@example.com>").reply.starts_with("553 5.6.7 "));
  EXPECT_TRUE(mail("FROM:<gr\xC3\xBC\xC3\x9F@example.com> SMTPUTF8").reply.starts_with("250 "));
}

TEST(Mail, ComesOnceAndAfterEhlo) {
  Dialogue dialogue;
  dialogue.session().greet(SmtpSession::Opening::silent);
  dialogue.session().take_output();
  EXPECT_EQ(dialogue.say_line("MAIL FROM:<a@example.com>"), "503 5.5.1 send EHLO first\r\n");
  dialogue.say_line("HELO x");
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com>").starts_with("250 "));
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com>").starts_with("503 5.5.1 "));
}

TEST(Mail, IsRefusedForNowWhenNothingCanBeKept) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.sink.accepts = false;
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com>").starts_with("452 4.3.1 "));
  EXPECT_FALSE(dialogue.session().is_in_transaction());
}

TEST(Mail, MarksEightBitContentThatWasNotDeclared) {
  Dialogue dialogue;
  dialogue.begin();
  dialogue.say("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n");
  dialogue.say("DATA\r\n");
  dialogue.say("Subject: x\r\n\r\ngr\xC3\xBC\xC3\x9F\x65\r\n.\r\n");
  ASSERT_EQ(dialogue.transactions.size(), 1u);
  EXPECT_EQ(dialogue.transactions[0].envelope.body_type, BodyType::eight_bit_mime);
}

TEST(Mail, KnowsRequireTlsInsideTlsOnly) {
  EXPECT_TRUE(mail("FROM:<a@example.com> REQUIRETLS").reply.starts_with("555 5.5.4 "));
  Dialogue dialogue;
  dialogue.settings().tls =
      std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  dialogue.begin();
  dialogue.say_line("STARTTLS");
  dialogue.say_line("EHLO client.example");
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com> REQUIRETLS=1").starts_with("501 "));
  EXPECT_TRUE(dialogue.say_line("MAIL FROM:<a@example.com> REQUIRETLS").starts_with("250 "));
  dialogue.say_line("RCPT TO:<b@example.org>");
  dialogue.say_line("DATA");
  dialogue.say("x\r\n.\r\n");
  ASSERT_EQ(dialogue.transactions.size(), 1U);
  EXPECT_TRUE(dialogue.transactions[0].envelope.require_tls);
}

}  // namespace
}  // namespace posthaste
