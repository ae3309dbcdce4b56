#include "relay/relay_session.h"

#include <gtest/gtest.h>

#include <boost/asio/ssl/context.hpp>

#include "relay/relay_fixture.h"

namespace posthaste {
namespace {

const std::string kMessage = "Subject: x\r\n\r\n..text\r\n.\r\n";

TEST(RelaySession, PassesCommandsAndRepliesUnchanged) {
  RelayDialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.client("mail from:<a@client.example> SIZE=5\r\n"),
            "mail from:<a@client.example> SIZE=5\r\n");
  const std::string reply = "250-2.1.0 first\r\n250 2.1.0 last\r\n";
  EXPECT_EQ(dialogue.server(reply), reply);
  EXPECT_EQ(dialogue.client("RCPT TO:<b@mx.example>\r\n"), "RCPT TO:<b@mx.example>\r\n");
  EXPECT_EQ(dialogue.server("550 5.1.1 nobody\r\n"), "550 5.1.1 nobody\r\n");
}

TEST(RelaySession, OffersWhatCanBePassedOn) {
  ListenerConfig listener;
  listener.tls = ListenerTls::opportunistic;
  RelayDialogue dialogue(relay_settings(listener));
  dialogue.client("EHLO client.example\r\n");
  EXPECT_EQ(dialogue.server("250-mx.example hello\r\n250-SIZE 1000\r\n250-STARTTLS\r\n"
                            "250-AUTH PLAIN\r\n250-XCLIENT ADDR\r\n250-REQUIRETLS\r\n"
                            "250-CHUNKING\r\n250 DSN\r\n"),
            "250-mx.example hello\r\n250-SIZE 1000\r\n250-CHUNKING\r\n250 DSN\r\n");
}

TEST(RelaySession, PassesAMessageHoweverTheOctetsAreCut) {
  for (std::size_t step = 1; step < 80; ++step) {
    RelayDialogue dialogue;
    dialogue.step = step;
    dialogue.begin();
    EXPECT_EQ(dialogue.client(kEnvelope + "DATA\r\n"), kEnvelope + "DATA\r\n");
    EXPECT_EQ(dialogue.server("250 ok\r\n250 ok\r\n354 go ahead\r\n"),
              "250 ok\r\n250 ok\r\n354 go ahead\r\n");
    EXPECT_EQ(dialogue.client(kMessage), kMessage);
    EXPECT_TRUE(dialogue.session().awaits_final_reply());
    EXPECT_EQ(dialogue.server("250 2.0.0 queued as 7\r\n"), "250 2.0.0 queued as 7\r\n");
    const auto outcomes = dialogue.session().take_outcomes();
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_TRUE(outcomes[0].is_taken);
    EXPECT_EQ(outcomes[0].sender, "a@client.example");
    EXPECT_EQ(outcomes[0].recipients, std::vector<std::string>{"b@mx.example"});
    EXPECT_EQ(outcomes[0].header, "Subject: x\r\n\r\n");
    EXPECT_EQ(outcomes[0].size, kMessage.size() - 4);
    EXPECT_EQ(outcomes[0].reply.text(), "250 2.0.0 queued as 7");
  }
}

TEST(RelaySession, CarriesSeveralTransactionsAndForgetsWhatWasReset) {
  RelayDialogue dialogue;
  dialogue.begin();
  dialogue.client("MAIL FROM:<x@client.example>\r\nRCPT TO:<y@mx.example>\r\nRSET\r\n");
  dialogue.server("250 ok\r\n250 ok\r\n250 reset\r\n");
  for (int i = 0; i < 2; ++i) {
    dialogue.begin_content();
    dialogue.client(kMessage);
    dialogue.server("250 taken\r\n");
  }
  const auto outcomes = dialogue.session().take_outcomes();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[1].recipients, std::vector<std::string>{"b@mx.example"});
}

TEST(RelaySession, ReadsNothingBehindAMessageBeforeItIsAnswered) {
  RelayDialogue dialogue;
  dialogue.begin().begin_content();
  EXPECT_EQ(dialogue.client(kMessage + "MAIL FROM:<c@client.example>\r\n"), kMessage);
  EXPECT_EQ(dialogue.unread(), "MAIL FROM:<c@client.example>\r\n");
  dialogue.server("250 taken\r\n");
  EXPECT_EQ(dialogue.heard_by_server(), "MAIL FROM:<c@client.example>\r\n");
}

TEST(RelaySession, TellsOfRefusals) {
  RelayDialogue dialogue;
  dialogue.begin();
  dialogue.client(
      "MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nRCPT TO:<c@mx.example>\r\n"
      "DATA\r\n");
  dialogue.server("250 ok\r\n550 5.1.1 nobody\r\n250 ok\r\n451 4.3.0 not now\r\n");
  dialogue.client("MAIL FROM:<bad@client.example>\r\n");
  dialogue.server("553 5.1.8 who?\r\n");
  dialogue.begin_content();
  dialogue.client(kMessage);
  dialogue.server("554 5.7.1 spam\r\n");
  const auto outcomes = dialogue.session().take_outcomes();
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0].recipients, std::vector<std::string>{"b@mx.example"});
  EXPECT_EQ(outcomes[1].recipients, std::vector<std::string>{"c@mx.example"});
  EXPECT_EQ(outcomes[1].reply.code, 451u);
  EXPECT_EQ(outcomes[1].size, 0u);
  EXPECT_TRUE(outcomes[2].recipients.empty());
  EXPECT_EQ(outcomes[2].sender, "bad@client.example");
  EXPECT_EQ(outcomes[3].reply.code, 554u);
  EXPECT_EQ(outcomes[3].header, "Subject: x\r\n\r\n");
  for (const RelayOutcome& outcome : outcomes) EXPECT_FALSE(outcome.is_taken);
}

TEST(RelaySession, TakesTheContentForCommandsWhereDataIsRefused) {
  RelayDialogue dialogue;
  dialogue.begin();
  dialogue.client("DATA\r\n");
  dialogue.client("RSET\r\n.\r\n");
  EXPECT_EQ(dialogue.server("503 5.5.1 no\r\n"), "503 5.5.1 no\r\n");
  EXPECT_EQ(dialogue.heard_by_server(), "RSET\r\n");
}

TEST(RelaySession, RefusesDataThatComesBeforeTheGoAhead) {
  RelayDialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.client(kEnvelope + "DATA\r\n" + kMessage), kEnvelope);
  EXPECT_TRUE(dialogue.server("250 ok\r\n250 ok\r\n")
                  .ends_with("554 5.5.0 data came before the go-ahead: wait for 354\r\n"));
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(RelaySession, CutsTheNextServerWhereContentCouldBeSmuggled) {
  for (const std::string end : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r"}) {
    RelayDialogue dialogue;
    dialogue.begin().begin_content();
    const std::string passed =
        dialogue.client("Subject: x\r\n\r\ntext" + end + "MAIL FROM:<evil@client.example>\r\n");
    EXPECT_EQ(passed.find("evil"), std::string::npos);
    EXPECT_TRUE(dialogue.session().is_upstream_cut());
    dialogue.client("more\r\n.\r\n");
    const std::string said = dialogue.heard_by_client();
    EXPECT_TRUE(said.starts_with("550 5.6.0 the message holds a bare ")) << said;
    EXPECT_NE(said.find("\r\n421 4.3.2 "), std::string::npos) << said;
    EXPECT_TRUE(dialogue.is_closed());
    EXPECT_EQ(dialogue.session().take_outcomes().at(0).reply.code, 550u);
  }
}

TEST(RelaySession, RefusesLinesThatEndInABareLf) {
  RelayDialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.client("NOOP\nMAIL FROM:<a@client.example>\r\n"), "");
  EXPECT_EQ(dialogue.heard_by_client(), "500 5.5.2 bare LF: end every line with CRLF\r\n");
  EXPECT_TRUE(dialogue.is_closed());
  RelayDialogue other;
  other.begin();
  EXPECT_EQ(other.client(std::string("NOOP \rRSET\r\n")), "");
  EXPECT_TRUE(other.is_closed());
}

TEST(RelaySession, KeepsLinesBounded) {
  RelayDialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.client("NOOP " + std::string(20'000, 'x')), "");
  EXPECT_TRUE(dialogue.heard_by_client().starts_with("500 5.5.6 "));
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(RelaySession, SaysItsOwnRepliesInTheirTurn) {
  RelayDialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.client("NOOP\r\nXCLIENT ADDR=192.0.2.9\r\nNOOP\r\n"), "NOOP\r\nNOOP\r\n");
  EXPECT_EQ(dialogue.heard_by_client(), "");
  EXPECT_EQ(dialogue.server("250 one\r\n"),
            "250 one\r\n500 5.5.1 this command is not passed on\r\n");
  EXPECT_EQ(dialogue.server("250 two\r\n"), "250 two\r\n");
}

TEST(RelaySession, ReadsNoFurtherThanItOwesReplies) {
  RelayDialogue dialogue;
  dialogue.begin();
  std::string commands;
  for (int i = 0; i < 1000; ++i) commands += "NOOP\r\n";
  EXPECT_EQ(dialogue.client(commands).size(), 128 * 6u);
  EXPECT_EQ(dialogue.session().need(), RelaySession::Need::reply);
  dialogue.server("250 ok\r\n");
  EXPECT_EQ(dialogue.heard_by_server(), "NOOP\r\n");
}

TEST(RelaySession, SaysThatTheNextServerHasGone) {
  RelayDialogue idle;
  idle.begin();
  idle.session().on_upstream_lost("has closed the connection");
  EXPECT_EQ(idle.heard_by_client(),
            "421 4.4.2 the next server has closed the connection: try again later\r\n");
  EXPECT_TRUE(idle.is_closed());

  RelayDialogue waiting;
  waiting.begin().begin_content();
  waiting.client(kMessage);
  waiting.session().on_upstream_lost("does not answer");
  EXPECT_TRUE(waiting.heard_by_client().starts_with("451 4.4.2 the next server does not answer"));
  EXPECT_EQ(waiting.session().take_outcomes().at(0).reply.code, 451u);
  EXPECT_TRUE(waiting.is_closed());
}

TEST(RelaySession, ReadsTheMessageAwayWhenTheNextServerGoesInItsMiddle) {
  RelayDialogue dialogue;
  dialogue.begin().begin_content();
  dialogue.client("Subject: x\r\n");
  dialogue.session().on_upstream_lost("has closed the connection");
  EXPECT_EQ(dialogue.heard_by_client(), "");
  EXPECT_EQ(dialogue.client("\r\ntext\r\n.\r\n"), "");
  EXPECT_TRUE(dialogue.heard_by_client().starts_with("451 4.4.2 "));
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(RelaySession, PassesAnEarlyReplyAtTheEndOfTheMessage) {
  RelayDialogue dialogue;
  dialogue.begin().begin_content();
  dialogue.client("Subject: x\r\n");
  EXPECT_EQ(dialogue.server("552 5.3.4 too large\r\n"), "");
  EXPECT_TRUE(dialogue.session().is_upstream_cut());
  dialogue.client("\r\n.\r\n");
  EXPECT_TRUE(dialogue.heard_by_client().starts_with("552 5.3.4 too large\r\n421 "));
}

TEST(RelaySession, DeliversNoHalfMessageWhenTheClientGoes) {
  RelayDialogue dialogue;
  dialogue.begin().begin_content();
  EXPECT_EQ(dialogue.client("Subject: x\r\n\r\nhalf\r\n."), "Subject: x\r\n\r\nhalf\r\n.");
  dialogue.session().on_client_gone();
  EXPECT_TRUE(dialogue.session().is_upstream_cut());
  EXPECT_TRUE(dialogue.is_closed());
  EXPECT_EQ(dialogue.heard_by_server(), "");
}

TEST(RelaySession, HearsTheReplyToAWholeMessageAfterTheClientHasGone) {
  RelayDialogue dialogue;
  dialogue.begin().begin_content();
  dialogue.client(kMessage);
  dialogue.session().on_client_gone();
  EXPECT_FALSE(dialogue.is_closed());
  dialogue.server("250 taken\r\n");
  EXPECT_TRUE(dialogue.session().take_outcomes().at(0).is_taken);
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(RelaySession, EndsWith421OfTheNextServer) {
  RelayDialogue dialogue;
  dialogue.begin();
  EXPECT_EQ(dialogue.server("421 4.4.2 idle for too long\r\n"), "421 4.4.2 idle for too long\r\n");
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(RelaySession, EndsWhereTheNextServerDoesNotSpeakSmtp) {
  for (const std::string reply : {"hello\r\n", "250 ok\r\n250 unasked\r\n", "354 unasked\r\n"}) {
    RelayDialogue dialogue;
    dialogue.begin();
    dialogue.client("NOOP\r\n");
    EXPECT_NE(dialogue.server(reply).find("421 4.4.2 "), std::string::npos) << reply;
    EXPECT_TRUE(dialogue.is_closed()) << reply;
  }
}

TEST(RelaySession, IsNoOpenRelayToTheNextServer) {
  RelayDialogue dialogue(relay_settings(), "192.0.2.7");
  dialogue.begin();
  EXPECT_EQ(dialogue.client("MAIL FROM:<a@client.example>\r\n"), "");
  EXPECT_TRUE(dialogue.heard_by_client().starts_with("530 5.7.0 "));
}

TEST(RelaySession, PassesALoginOnUnderTls) {
  RelayDialogue dialogue(relay_settings(), "192.0.2.7");
  dialogue.session().set_tls();
  dialogue.begin("250-mx.example\r\n250 AUTH LOGIN\r\n");
  EXPECT_EQ(dialogue.client("AUTH LOGIN\r\n"), "AUTH LOGIN\r\n");
  EXPECT_EQ(dialogue.server("334 VXNlcm5hbWU6\r\n"), "334 VXNlcm5hbWU6\r\n");
  EXPECT_EQ(dialogue.client("DATA\r\n"), "DATA\r\n");  // a response, whatever it looks like
  dialogue.server("334 UGFzc3dvcmQ6\r\n");
  dialogue.client("c2VjcmV0\r\n");
  EXPECT_EQ(dialogue.server("235 2.7.0 welcome\r\n"), "235 2.7.0 welcome\r\n");
  EXPECT_EQ(dialogue.client("MAIL FROM:<a@b.example>\r\n"), "MAIL FROM:<a@b.example>\r\n");
}

TEST(RelaySession, PassesNoLoginOnInTheClear) {
  RelayDialogue dialogue;
  dialogue.begin("250-mx.example\r\n250 AUTH PLAIN\r\n");
  EXPECT_EQ(dialogue.client("AUTH PLAIN AHUAcA==\r\n"), "");
  EXPECT_TRUE(dialogue.heard_by_client().starts_with("502 5.5.1 "));
}

TEST(RelaySession, WantsEhloAgainAfterTls) {
  auto settings = relay_settings();
  settings->tls =
      std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  RelayDialogue dialogue(settings);
  dialogue.client("EHLO client.example\r\n");
  EXPECT_EQ(dialogue.server("250 mx.example\r\n"), "250-mx.example\r\n250 STARTTLS\r\n");
  EXPECT_EQ(dialogue.client("NOOP\r\nSTARTTLS\r\n"), "NOOP\r\n");
  EXPECT_EQ(dialogue.server("250 ok\r\n"), "250 ok\r\n220 2.0.0 ready for TLS\r\n");
  EXPECT_EQ(dialogue.session().need(), RelaySession::Need::tls_handshake);
  dialogue.session().on_tls();
  dialogue.client("MAIL FROM:<a@client.example>\r\n");
  EXPECT_TRUE(dialogue.heard_by_client().starts_with("503 5.5.1 "));
  dialogue.client("EHLO client.example\r\n");
  EXPECT_EQ(dialogue.server("250 mx.example\r\n"), "250 mx.example\r\n");
}

TEST(RelaySession, DrainsAfterTheTransactionInFlight) {
  RelayDialogue dialogue;
  dialogue.begin().begin_content();
  dialogue.session().drain();
  EXPECT_FALSE(dialogue.is_closed());
  dialogue.client(kMessage);
  EXPECT_EQ(dialogue.server("250 taken\r\n"),
            "250 taken\r\n421 4.3.2 shutting down: connect again in a moment\r\n");
  EXPECT_EQ(dialogue.heard_by_server(), "QUIT\r\n");
  EXPECT_TRUE(dialogue.is_closed());
}

TEST(RelaySession, EndsAClientThatOnlyMakesMistakes) {
  ListenerConfig listener;
  listener.max_errors = 3;
  RelayDialogue dialogue(relay_settings(listener));
  dialogue.begin();
  dialogue.client("A\r\nB\r\nC\r\n");
  EXPECT_NE(dialogue.heard_by_client().find("421 4.7.0 too many errors"), std::string::npos);
  EXPECT_TRUE(dialogue.is_closed());
}

}  // namespace
}  // namespace posthaste
