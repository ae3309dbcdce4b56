#include "deliver/smtp_client.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

using Kind = RecipientResult::Kind;
using Next = SmtpClient::Next;

QueuedMessage message(std::vector<std::string> recipients,
                      std::string body = "Subject: x\r\n\r\nhello\r\n") {
  QueuedMessage message;
  message.envelope.sender = *ReversePath::parse("from@sender.test");
  for (const std::string& one : recipients) {
    Recipient recipient;
    recipient.address = *MailAddress::parse(one);
    message.envelope.recipients.push_back(recipient);
  }
  message.body = std::make_shared<const std::string>(std::move(body));
  return message;
}

Reply reply(std::string_view wire) {
  ReplyParser parser;
  std::string text = std::string(wire) + "\r\n";
  std::string_view input = text;
  auto parsed = parser.parse(input);
  EXPECT_TRUE(parsed && *parsed) << wire;
  return **parsed;
}

// Plays the server's side: what was written is compared, then answered.
class Dialogue {
 public:
  explicit Dialogue(SmtpClientOptions options = {.ehlo_name = "me.test"}) : client(options) {}

  std::string written() {
    std::string text;
    for (const auto& piece : client.take_output()) {
      text.append(static_cast<const char*>(piece.data()), piece.size());
    }
    return text;
  }
  // The server says `wire`; returns what the client writes next.
  std::string hear(std::string_view wire) {
    client.on_reply(reply(wire));
    return written();
  }
  // Greets and offers `features`; the client is ready.
  void greet(std::string_view features) {
    EXPECT_EQ(hear("220 mx.test"), "EHLO me.test\r\n");
    EXPECT_EQ(hear(features), "");
    EXPECT_EQ(client.next(), Next::ready);
  }
  std::string begin(const QueuedMessage& one) {
    client.begin(one, 100);
    return written();
  }

  SmtpClient client;
};

constexpr std::string_view kPipelining =
    "250-mx.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000";

TEST(SmtpClient, SendsAMessageInTwoRoundTripsWithPipelining) {
  Dialogue dialogue;
  dialogue.greet(kPipelining);
  const auto one = message({"a@x.test"});
  EXPECT_EQ(dialogue.begin(one),
            "MAIL FROM:<from@sender.test> SIZE=21\r\nRCPT TO:<a@x.test>\r\nDATA\r\n");
  EXPECT_EQ(dialogue.hear("250 2.1.0 ok"), "");
  EXPECT_EQ(dialogue.hear("250 2.1.5 ok"), "");
  EXPECT_EQ(dialogue.hear("354 go"), "Subject: x\r\n\r\nhello\r\n.\r\n");
  EXPECT_TRUE(dialogue.client.is_in_doubt());
  dialogue.hear("250 2.0.0 queued");
  EXPECT_EQ(dialogue.client.next(), Next::ready);
  const auto results = dialogue.client.take_results();
  EXPECT_EQ(results[0].kind, Kind::accepted);
  EXPECT_EQ(results[0].reply.text(), "250 2.0.0 queued");
}

TEST(SmtpClient, WaitsForEachReplyWithoutPipelining) {
  Dialogue dialogue;
  dialogue.greet("250 mx.test");
  const auto one = message({"a@x.test", "b@x.test"});
  EXPECT_EQ(dialogue.begin(one), "MAIL FROM:<from@sender.test>\r\n");
  EXPECT_EQ(dialogue.hear("250 ok"), "RCPT TO:<a@x.test>\r\n");
  EXPECT_EQ(dialogue.hear("550 5.1.1 no such user"), "RCPT TO:<b@x.test>\r\n");
  EXPECT_EQ(dialogue.hear("250 ok"), "DATA\r\n");
  EXPECT_EQ(dialogue.hear("354 go"), "Subject: x\r\n\r\nhello\r\n.\r\n");
  dialogue.hear("250 done");
  const auto results = dialogue.client.take_results();
  EXPECT_EQ(results[0].kind, Kind::refused);
  EXPECT_EQ(results[0].stage, SmtpStage::rcpt);
  EXPECT_EQ(results[1].kind, Kind::accepted);
}

TEST(SmtpClient, FallsBackToHelo) {
  Dialogue dialogue;
  EXPECT_EQ(dialogue.hear("220 mx.test"), "EHLO me.test\r\n");
  EXPECT_EQ(dialogue.hear("502 what"), "HELO me.test\r\n");
  EXPECT_EQ(dialogue.hear("250 mx.test"), "");
  EXPECT_EQ(dialogue.client.next(), Next::ready);
  EXPECT_FALSE(dialogue.client.features().pipelining);
}

TEST(SmtpClient, EndsAnUnwantedDataPhaseWithAnEmptyMessage) {
  Dialogue dialogue;
  dialogue.greet(kPipelining);
  const auto one = message({"a@x.test"});
  dialogue.begin(one);
  dialogue.hear("250 ok");
  dialogue.hear("550 5.1.1 unknown");
  EXPECT_EQ(dialogue.hear("354 go all the same"), ".\r\n");
  dialogue.hear("554 no valid recipients");
  EXPECT_EQ(dialogue.client.next(), Next::ready);
  EXPECT_EQ(dialogue.client.take_results()[0].reply.code, 550U);
  const auto two = message({"b@x.test"});
  EXPECT_EQ(dialogue.begin(two).substr(0, 6), "RSET\r\n");
}

// RFC 2920 §3.1: only the peer's PIPELINING allows a command before the last one is answered.
TEST(SmtpClient, WaitsForTheReplyToRsetWithoutPipelining) {
  Dialogue dialogue;
  dialogue.greet("250 mx.test");
  const auto refused = message({"a@x.test"});
  dialogue.begin(refused);
  EXPECT_EQ(dialogue.hear("451 4.3.0 not you"), "");
  dialogue.client.take_results();
  const auto next = message({"b@x.test"});
  EXPECT_EQ(dialogue.begin(next), "RSET\r\n");
  EXPECT_EQ(dialogue.hear("250 flushed"), "MAIL FROM:<from@sender.test>\r\n");
  EXPECT_EQ(dialogue.hear("250 ok"), "RCPT TO:<b@x.test>\r\n");
}

TEST(SmtpClient, ResetsAndBeginsAnewInOneGoWithPipelining) {
  Dialogue dialogue;
  dialogue.greet("250-mx.test\r\n250 PIPELINING");
  const auto refused = message({"a@x.test"});
  dialogue.begin(refused);
  for (const char* answer : {"451 4.3.0 not you", "503 no mail", "503 no mail"}) {
    dialogue.hear(answer);
  }
  dialogue.client.take_results();
  const auto next = message({"b@x.test"});
  EXPECT_EQ(dialogue.begin(next),
            "RSET\r\nMAIL FROM:<from@sender.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n");
}

TEST(SmtpClient, HasTriedNothingWhenThePeerEndsTheSessionAtRset) {
  Dialogue dialogue;
  dialogue.greet("250 mx.test");
  const auto refused = message({"a@x.test"});
  dialogue.begin(refused);
  dialogue.hear("451 4.3.0 not you");
  dialogue.client.take_results();
  const auto next = message({"b@x.test"});
  dialogue.begin(next);
  EXPECT_EQ(dialogue.hear("421 4.3.2 closing"), "");
  EXPECT_EQ(dialogue.client.next(), Next::closed);
  EXPECT_FALSE(dialogue.client.was_answered());
  EXPECT_EQ(dialogue.client.take_results()[0].kind, Kind::untried);
}

TEST(SmtpClient, BlamesMailForAllThatFollowsIt) {
  Dialogue dialogue;
  dialogue.greet(kPipelining);
  const auto one = message({"a@x.test", "b@x.test"});
  dialogue.begin(one);
  dialogue.hear("452 4.3.1 full");
  dialogue.hear("503 no mail");
  dialogue.hear("503 no mail");
  dialogue.hear("503 no recipients");
  EXPECT_EQ(dialogue.client.next(), Next::ready);
  for (const auto& result : dialogue.client.take_results()) {
    EXPECT_EQ(result.stage, SmtpStage::mail);
    EXPECT_EQ(result.reply.code, 452U);
  }
}

TEST(SmtpClient, StuffsDots) {
  Dialogue dialogue;
  dialogue.greet(kPipelining);
  const auto one = message({"a@x.test"}, ".first\r\n..second\r\nmid.dle\r\n.\r\nlast");
  dialogue.begin(one);
  dialogue.hear("250 ok");
  dialogue.hear("250 ok");
  EXPECT_EQ(dialogue.hear("354 go"), "..first\r\n...second\r\nmid.dle\r\n..\r\nlast\r\n.\r\n");
}

TEST(SmtpClient, SendsChunksInOneRoundTrip) {
  Dialogue dialogue({.ehlo_name = "me.test", .chunking = true});
  dialogue.greet("250-mx.test\r\n250-PIPELINING\r\n250 CHUNKING");
  const auto one = message({"a@x.test"}, ".dot\r\n");
  EXPECT_EQ(dialogue.begin(one),
            "MAIL FROM:<from@sender.test>\r\nRCPT TO:<a@x.test>\r\nBDAT 6 LAST\r\n.dot\r\n");
  dialogue.hear("250 ok");
  dialogue.hear("250 ok");
  dialogue.hear("250 2.0.0 got it");
  EXPECT_EQ(dialogue.client.take_results()[0].kind, Kind::accepted);
}

TEST(SmtpClient, RefusesByItselfWhatThePeerCannotTake) {
  Dialogue dialogue;
  dialogue.greet("250-mx.test\r\n250-PIPELINING\r\n250 SIZE 10");
  const auto large = message({"a@x.test"});
  EXPECT_EQ(dialogue.begin(large), "");
  EXPECT_EQ(dialogue.client.next(), Next::ready);
  auto results = dialogue.client.take_results();
  EXPECT_EQ(results[0].kind, Kind::impossible);
  EXPECT_EQ(results[0].reply.enhanced->to_string(), "5.3.4");

  Dialogue plain;
  plain.greet("250 mx.test");
  const auto eight_bit = message({"a@x.test"}, "Subject: x\r\n\r\n\xc3\xa4\r\n");
  EXPECT_EQ(plain.begin(eight_bit), "");
  EXPECT_EQ(plain.client.take_results()[0].reply.enhanced->to_string(), "5.6.3");
  auto international = message({"\xc3\xa4@x.test"});
  international.envelope.smtputf8 = true;
  EXPECT_EQ(plain.begin(international), "");
  EXPECT_EQ(plain.client.take_results()[0].reply.enhanced->to_string(), "5.6.7");
}

TEST(SmtpClient, PassesDsnParametersOn) {
  Dialogue dialogue;
  dialogue.greet("250-mx.test\r\n250 DSN");
  auto one = message({"a@x.test"});
  one.envelope.dsn_return = DsnReturn::headers;
  one.envelope.envelope_id = "id+1";
  one.envelope.recipients[0].notify = {.is_set = true, .success = true, .failure = true};
  one.envelope.recipients[0].original_recipient = "rfc822;old@y.test";
  EXPECT_EQ(dialogue.begin(one), "MAIL FROM:<from@sender.test> RET=HDRS ENVID=id+2B1\r\n");
  EXPECT_EQ(dialogue.hear("250 ok"),
            "RCPT TO:<a@x.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old@y.test\r\n");
}

TEST(SmtpClient, StartsTlsAndAsksAgain) {
  Dialogue dialogue;
  dialogue.hear("220 mx.test");
  EXPECT_EQ(dialogue.hear("250-mx.test\r\n250-PIPELINING\r\n250 STARTTLS"), "STARTTLS\r\n");
  dialogue.hear("220 go");
  EXPECT_EQ(dialogue.client.next(), Next::start_tls);
  dialogue.client.on_tls();
  EXPECT_EQ(dialogue.written(), "EHLO me.test\r\n");
  EXPECT_FALSE(dialogue.client.features().pipelining);
  dialogue.hear("250 mx.test");
  EXPECT_EQ(dialogue.client.next(), Next::ready);
}

TEST(SmtpClient, GoesOnInPlainTextWhenTlsIsRefusedAndOptional) {
  Dialogue dialogue;
  dialogue.hear("220 mx.test");
  dialogue.hear("250-mx.test\r\n250 STARTTLS");
  dialogue.hear("454 4.7.0 not now");
  EXPECT_EQ(dialogue.client.next(), Next::ready);
}

TEST(SmtpClient, NeverGoesOnInPlainTextWhenTlsIsRequired) {
  Dialogue refused({.ehlo_name = "me.test", .tls = UseTls::always});
  refused.hear("220 mx.test");
  refused.hear("250-mx.test\r\n250 STARTTLS");
  refused.hear("454 4.7.0 not now");
  EXPECT_EQ(refused.client.next(), Next::closed);
  Dialogue stripped({.ehlo_name = "me.test", .tls = UseTls::always});
  stripped.hear("220 mx.test");
  stripped.hear("250 mx.test");
  EXPECT_EQ(stripped.client.next(), Next::closed);
  EXPECT_EQ(stripped.client.failure()->stage, SmtpStage::starttls);
}

TEST(SmtpClient, LogsInWithPlainAndLogin) {
  Dialogue plain({.ehlo_name = "me.test", .user = "u", .password = "p"});
  plain.hear("220 mx.test");
  EXPECT_EQ(plain.hear("250-mx.test\r\n250 AUTH LOGIN PLAIN"), "AUTH PLAIN AHUAcA==\r\n");
  plain.hear("235 ok");
  EXPECT_EQ(plain.client.next(), Next::ready);
  Dialogue login({.ehlo_name = "me.test", .user = "u", .password = "p"});
  login.hear("220 mx.test");
  EXPECT_EQ(login.hear("250-mx.test\r\n250 AUTH LOGIN"), "AUTH LOGIN\r\n");
  EXPECT_EQ(login.hear("334 VXNlcm5hbWU6"), "dQ==\r\n");
  EXPECT_EQ(login.hear("334 UGFzc3dvcmQ6"), "cA==\r\n");
  login.hear("535 5.7.8 wrong");
  EXPECT_EQ(login.client.next(), Next::closed);
}

// 421 may come at any stage: the session is over, and nobody counts as served by RCPT's 250 alone.
TEST(SmtpClient, EndsAt421WhereverItComes) {
  for (int stage = 0; stage < 4; ++stage) {
    Dialogue dialogue;
    dialogue.greet(kPipelining);
    const auto one = message({"a@x.test"});
    dialogue.begin(one);
    const std::vector<std::string> answers{"250 ok", "250 ok", "354 go", "250 queued"};
    for (int i = 0; i < stage; ++i) dialogue.hear(answers[static_cast<std::size_t>(i)]);
    dialogue.hear("421 4.3.2 shutting down");
    EXPECT_EQ(dialogue.client.next(), Next::closed) << stage;
    const auto results = dialogue.client.take_results();
    EXPECT_EQ(results[0].kind, Kind::refused) << stage;
    EXPECT_EQ(results[0].reply.code, 421U) << stage;
  }
}

TEST(SmtpClient, CountsNobodyAsServedBeforeTheEndOfData) {
  Dialogue dialogue;
  dialogue.greet(kPipelining);
  const auto one = message({"a@x.test"});
  dialogue.begin(one);
  dialogue.hear("250 ok");
  dialogue.hear("250 ok");
  // The connection breaks here.
  EXPECT_EQ(dialogue.client.take_results()[0].kind, Kind::untried);
}

TEST(SmtpClient, TakesAnythingBut354AfterDataForARefusal) {
  Dialogue dialogue;
  dialogue.greet(kPipelining);
  const auto one = message({"a@x.test"});
  dialogue.begin(one);
  dialogue.hear("250 ok");
  dialogue.hear("250 ok");
  EXPECT_EQ(dialogue.hear("250 what data"), "");
  const auto results = dialogue.client.take_results();
  EXPECT_EQ(results[0].kind, Kind::refused);
  EXPECT_EQ(results[0].reply.code, 451U);
}

TEST(SmtpClient, HeedsLimitsOfThePeer) {
  Dialogue dialogue;
  dialogue.greet("250-mx.test\r\n250-PIPELINING\r\n250 LIMITS MAILMAX=3 RCPTMAX=1");
  EXPECT_EQ(dialogue.client.features().max_messages, 3U);
  const auto one = message({"a@x.test", "b@x.test"});
  const std::string written = dialogue.begin(one);
  EXPECT_NE(written.find("a@x.test"), std::string::npos);
  EXPECT_EQ(written.find("b@x.test"), std::string::npos);
  for (const char* answer : {"250 ok", "250 ok", "354 go", "250 queued"}) dialogue.hear(answer);
  const auto results = dialogue.client.take_results();
  EXPECT_EQ(results[0].kind, Kind::accepted);
  EXPECT_EQ(results[1].kind, Kind::untried);
}

TEST(SmtpClient, PassesRequireTlsOnInsideTlsOnly) {
  QueuedMessage guarded = message({"a@there.test"});
  guarded.envelope.require_tls = true;
  Dialogue secure({.ehlo_name = "me.test", .tls = UseTls::always, .needs_requiretls = true});
  secure.hear("220 mx.test");
  secure.hear("250-mx.test\r\n250 STARTTLS");
  secure.hear("220 go");
  secure.client.on_tls();
  EXPECT_EQ(secure.written(), "EHLO me.test\r\n");
  secure.hear("250-mx.test\r\n250 REQUIRETLS");
  ASSERT_EQ(secure.client.next(), Next::ready);
  EXPECT_EQ(secure.begin(guarded), "MAIL FROM:<from@sender.test> REQUIRETLS\r\n");
  EXPECT_EQ(secure.client.peer_name(), "mx.test");
}

TEST(SmtpClient, HasNoUseForAPeerWithoutRequireTlsWhereItIsNeeded) {
  Dialogue dialogue({.ehlo_name = "me.test", .tls = UseTls::always, .needs_requiretls = true});
  dialogue.hear("220 mx.test");
  dialogue.hear("250-mx.test\r\n250 STARTTLS");
  dialogue.hear("220 go");
  dialogue.client.on_tls();
  (void)dialogue.written();
  dialogue.hear("250 mx.test");
  EXPECT_EQ(dialogue.client.next(), Next::closed);
  EXPECT_EQ(dialogue.client.failure()->reply.enhanced->to_string(), "5.7.30");
}

}  // namespace
}  // namespace posthaste
