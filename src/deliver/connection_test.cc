#include "deliver/connection.h"

#include <gtest/gtest.h>

#include <chrono>

#include "deliver/connection_fixture.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMail = "MAIL FROM:<from@sender.test>\r\n";

// --- conversations

TEST_F(ConnectionTest, WaitsForEachReplyOfAPeerWithoutPipelining) {
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(), kMail);
  peer.say("250 ok");
  EXPECT_EQ(peer.hear(), "RCPT TO:<a@x.test>\r\n");
  peer.say("250 ok");
  EXPECT_EQ(peer.hear(), "DATA\r\n");
  peer.say("354 go");
  EXPECT_EQ(peer.hear(), "Subject: x\r\n\r\nhello\r\n.\r\n");
  peer.say("250 2.0.0 queued as 1");
  EXPECT_EQ(peer.hear(), "QUIT\r\n");
  peer.say("221 bye");
  EXPECT_EQ(peer.hear(), "");
  EXPECT_TRUE(ends());
  ASSERT_EQ(work.settled.size(), 1U);
  EXPECT_EQ(verdict().end, End::delivered);
  EXPECT_EQ(verdict().event.response, "250 2.0.0 queued as 1");
  EXPECT_EQ(verdict().event.peer_host, "mx.test");
  EXPECT_EQ(verdict().event.peer_address, "127.0.0.1");
  EXPECT_EQ(verdict().event.source_address, "127.0.0.1");
  EXPECT_EQ(work.reached, 1);
}

TEST_F(ConnectionTest, SendsAllButTheMessageAtOnceToAPeerWithPipelining) {
  work.waiting.push_back(message_to({"a@x.test", "b@x.test"}));
  start(peer);
  EXPECT_EQ(peer.greet("250-mx.test\r\n250 PIPELINING"),
            std::string(kMail) + "RCPT TO:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n");
  peer.say("250 ok\r\n550 5.1.1 no such user\r\n250 ok\r\n354 go");
  EXPECT_EQ(peer.hear(), "Subject: x\r\n\r\nhello\r\n.\r\n");
  peer.say("250 2.0.0 queued");
  EXPECT_EQ(peer.hear(), "QUIT\r\n");
  ASSERT_EQ(work.settled.size(), 1U);
  const auto& verdicts = work.settled[0].verdicts;
  EXPECT_EQ(verdicts[0].end, End::failed);
  EXPECT_EQ(verdicts[0].event.classification, Classification::bad_mailbox);
  EXPECT_EQ(verdicts[1].end, End::delivered);
}

TEST_F(ConnectionTest, GreetsWithHeloWhoDoesNotKnowEhlo) {
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet("502 5.5.1 unrecognized"), "HELO me.test\r\n");
  peer.say("250 mx.test");
  EXPECT_EQ(peer.hear(), kMail);
}

TEST_F(ConnectionTest, CarriesMessageAfterMessageAndThenQuits) {
  for (const char* to : {"a@x.test", "b@x.test", "c@x.test"}) wait_for(to);
  start(peer);
  EXPECT_EQ(peer.greet(), kMail);
  EXPECT_EQ(peer.take_message(), kMail);
  EXPECT_EQ(peer.take_message(), kMail);
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  peer.say("221 bye");
  EXPECT_TRUE(ends());
  ASSERT_EQ(work.settled.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(verdict(i).end, End::delivered);
  EXPECT_EQ(work.pulled, (std::vector<std::size_t>{3, 0}));
}

TEST_F(ConnectionTest, EndsAtItsLimitOfMessages) {
  plan.limits.messages_per_connection = 2;
  for (const char* to : {"a@x.test", "b@x.test", "c@x.test"}) wait_for(to);
  start(peer);
  EXPECT_EQ(peer.greet(), kMail);
  EXPECT_EQ(peer.take_message(), kMail);
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  EXPECT_EQ(work.settled.size(), 2U);
  EXPECT_EQ(work.waiting.size(), 1U);
}

// RFC 9422 §4.1: MAILMAX
TEST_F(ConnectionTest, EndsAtTheLimitOfMessagesThatThePeerSays) {
  for (const char* to : {"a@x.test", "b@x.test"}) wait_for(to);
  start(peer);
  EXPECT_EQ(peer.greet("250-mx.test\r\n250 LIMITS MAILMAX=1"), kMail);
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  EXPECT_EQ(work.waiting.size(), 1U);
}

TEST_F(ConnectionTest, LeavesRecipientsBeyondTheLimitOfATransactionUntried) {
  plan.limits.recipients_per_transaction = 1;
  work.waiting.push_back(message_to({"a@x.test", "b@x.test"}));
  start(peer);
  EXPECT_EQ(peer.greet(), kMail);
  peer.take_message();
  ASSERT_EQ(work.settled.size(), 1U);
  EXPECT_EQ(work.settled[0].verdicts[0].end, End::delivered);
  EXPECT_EQ(work.settled[0].verdicts[1].end, End::untried);
}

TEST_F(ConnectionTest, ResetsWithoutPipeliningOneCommandAtATime) {
  for (const char* to : {"a@x.test", "b@x.test"}) wait_for(to);
  start(peer);
  EXPECT_EQ(peer.greet(), kMail);
  peer.say("451 4.3.0 try later");
  EXPECT_EQ(peer.hear(), "RSET\r\n");
  peer.say("250 flushed");
  EXPECT_EQ(peer.hear(), kMail);
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  ASSERT_EQ(work.settled.size(), 2U);
  EXPECT_EQ(verdict(0).end, End::deferred);
  EXPECT_EQ(verdict(1).end, End::delivered);
}

// --- a peer that ends the session

TEST_F(ConnectionTest, HasDeliveredThoughThePeerNeverAnswersQuit) {
  wait_for("a@x.test");
  start(peer);
  peer.greet();
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  advance(5s);
  EXPECT_TRUE(ends());
  EXPECT_EQ(verdict().end, End::delivered);
  EXPECT_FALSE(work.failure);
}

// The peer's way to say "enough": nothing was tried, so no attempt is counted.
TEST_F(ConnectionTest, GivesBackWhatAPeerThatHasServedNoLongerHears) {
  for (const char* to : {"a@x.test", "b@x.test", "c@x.test"}) wait_for(to);
  start(peer);
  peer.greet();
  EXPECT_EQ(peer.take_message(), kMail);
  peer.hang_up();
  ASSERT_TRUE(ends());
  EXPECT_EQ(work.settled.size(), 1U);
  ASSERT_EQ(work.returned.size(), 2U);
  EXPECT_FALSE(work.failure);
}

TEST_F(ConnectionTest, CountsTheAttemptWhenThePeerHangsUpAfterItHasAnswered) {
  for (const char* to : {"a@x.test", "b@x.test", "c@x.test"}) wait_for(to);
  start(peer);
  peer.greet();
  EXPECT_EQ(peer.take_message(), kMail);
  peer.say("250 ok");
  EXPECT_EQ(peer.hear(), "RCPT TO:<b@x.test>\r\n");
  peer.hang_up();
  ASSERT_TRUE(ends());
  ASSERT_EQ(work.settled.size(), 2U);
  EXPECT_EQ(verdict(1).end, End::deferred);
  ASSERT_EQ(work.returned.size(), 1U);
  EXPECT_EQ(work.returned[0].envelope.recipients[0].address.smtp_form(), "c@x.test");
}

// --- hosts of a site

TEST_F(ConnectionTest, TriesTheNextHostWhenOneDoesNotWantMail) {
  ScriptedPeer second(loop);
  wait_for("a@x.test");
  start({peer.host("mx1.test"), second.host("mx2.test")});
  ASSERT_TRUE(peer.accept());
  peer.say("554 5.3.2 no mail here");
  EXPECT_EQ(second.greet(), kMail);
  EXPECT_EQ(second.take_message(), "QUIT\r\n");
  EXPECT_EQ(verdict().event.peer_host, "mx2.test");
  EXPECT_EQ(work.reached, 1);
}

TEST_F(ConnectionTest, TriesTheNextHostWhenNobodyListens) {
  MxHost nobody;
  {
    const ScriptedPeer gone(loop);
    nobody = gone.host("mx1.test");
  }
  wait_for("a@x.test");
  start({nobody, peer.host("mx2.test")});
  EXPECT_EQ(peer.greet(), kMail);
}

TEST_F(ConnectionTest, SaysWhatTheLastHostMetWhenNoneTakesMail) {
  ScriptedPeer second(loop);
  wait_for("a@x.test");
  start({peer.host("mx1.test"), second.host("mx2.test")});
  ASSERT_TRUE(peer.accept());
  peer.say("421 4.3.2 busy");
  ASSERT_TRUE(second.accept());
  second.say("554 5.7.1 blocked");
  ASSERT_TRUE(ends());
  ASSERT_TRUE(work.failure);
  EXPECT_EQ(work.failure->text, "554 5.7.1 blocked");
  EXPECT_EQ(work.failure->peer_host, "mx2.test");
  EXPECT_FALSE(work.failure->is_permanent) << "another hour may do";
  EXPECT_EQ(work.waiting.size(), 1U);
}

// A later host would say no better: the message has met its reply.
TEST_F(ConnectionTest, AsksNoOtherHostAboutAMessageThatOneHasRefused) {
  ScriptedPeer second(loop);
  wait_for("a@x.test");
  start({peer.host("mx1.test"), second.host("mx2.test")});
  EXPECT_EQ(peer.greet(), kMail);
  peer.say("550 5.7.1 not from you");
  EXPECT_EQ(peer.hear(), "QUIT\r\n");
  peer.say("221 bye");
  ASSERT_TRUE(ends());
  EXPECT_EQ(verdict().end, End::failed);
  EXPECT_FALSE(second.has_caller());
}

// --- TLS

constexpr const char* kOffersTls = "250-mx.test\r\n250 STARTTLS";

TEST_F(ConnectionTest, SpeaksTlsWithWhoeverOffersItWhateverTheCertificate) {
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), "STARTTLS\r\n");
  peer.say("220 go");
  ASSERT_TRUE(peer.start_tls());
  EXPECT_EQ(peer.hear(), "EHLO me.test\r\n");
  peer.say("250 mx.test");
  EXPECT_EQ(peer.hear(), kMail);
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  EXPECT_EQ(verdict().end, End::delivered);
  EXPECT_TRUE(verdict().event.tls_version.starts_with("TLSv1.")) << verdict().event.tls_version;
  EXPECT_FALSE(verdict().event.tls_cipher.empty());
}

// RFC 3207 §6
TEST_F(ConnectionTest, ForgetsWhatWasSaidInPlainTextAfterStartTls) {
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), "STARTTLS\r\n");
  peer.say("220 go\r\n250-injected\r\n250 PIPELINING");
  ASSERT_TRUE(peer.start_tls());
  EXPECT_EQ(peer.hear(), "EHLO me.test\r\n");
  peer.say("250 mx.test");
  EXPECT_EQ(peer.hear(), kMail);
}

TEST_F(ConnectionTest, GoesOnInPlainTextWhenThePeerCannotDoTlsNow) {
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), "STARTTLS\r\n");
  peer.say("454 4.7.0 not now");
  EXPECT_EQ(peer.hear(), kMail);
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  EXPECT_EQ(verdict().event.tls_version, "");
}

TEST_F(ConnectionTest, CallsAgainInPlainTextWhenTheHandshakeFails) {
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), "STARTTLS\r\n");
  peer.say("220 go");
  peer.hang_up();
  EXPECT_EQ(peer.greet(kOffersTls), kMail);
  EXPECT_EQ(peer.take_message(), "QUIT\r\n");
  peer.say("221 bye");
  ASSERT_TRUE(ends());
  EXPECT_EQ(verdict().end, End::delivered);

  // It is remembered.
  wait_for("b@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), kMail);
}

TEST_F(ConnectionTest, TriesTlsAgainThreeDaysAfterItFailed) {
  tls.remember_broken(peer.host().addresses[0]);
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), kMail);
  peer.hang_up();
  ASSERT_TRUE(ends());
  clock.advance(72h);
  wait_for("b@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), "STARTTLS\r\n");
}

TEST_F(ConnectionTest, SendsNothingInPlainTextWhereTlsIsRequired) {
  plan.is_tls_required = true;
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet("250 mx.test"), "") << "closed";
  ASSERT_TRUE(ends());
  ASSERT_TRUE(work.failure);
  EXPECT_EQ(work.failure->classification, Classification::tls_failure);
  EXPECT_EQ(work.waiting.size(), 1U);
}

TEST_F(ConnectionTest, DoesNotCallAgainInPlainTextWhereTlsIsRequired) {
  plan.is_tls_required = true;
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), "STARTTLS\r\n");
  peer.say("220 go");
  peer.hang_up();
  ASSERT_TRUE(ends());
  EXPECT_FALSE(peer.has_caller());
  ASSERT_TRUE(work.failure);
  EXPECT_EQ(work.failure->classification, Classification::tls_failure);
}

// A route that requires TLS wants to know whom it speaks to.
TEST_F(ConnectionTest, RefusesACertificateThatNobodyVouchesForWhereARouteRequiresTls) {
  auto route = std::make_shared<RouteConfig>();
  route->tls = RouteTls::required;
  plan.destination.route = route;
  wait_for("a@x.test");
  start(peer);
  EXPECT_EQ(peer.greet(kOffersTls), "STARTTLS\r\n");
  peer.say("220 go");
  peer.start_tls();
  ASSERT_TRUE(ends());
  ASSERT_TRUE(work.failure);
  EXPECT_EQ(work.failure->classification, Classification::tls_failure);
  EXPECT_TRUE(work.settled.empty());
}

// Each recipient is in a transaction of its own, from a return path that names it; the envelope
// sender itself stays with the message.
TEST_F(ConnectionTest, SendsFromAReturnPathThatNamesTheRecipient) {
  const auto codec = *ReturnPathCodec::create({"an example of a key, 32 octets.."});
  ReturnPathOptions options;
  options.domain = *Domain::parse("b.sender.test");
  return_paths = std::make_shared<const ReturnPaths>(options, codec);
  work.waiting.push_back(message_to({"a@x.test", "b@x.test"}));
  start(peer);
  const std::string mail = peer.greet();
  ASSERT_EQ(mail.size(), std::string("MAIL FROM:<@b.sender.test>\r\n").size() + 50) << mail;
  const auto local = LocalPart::parse(std::string_view(mail).substr(11, 50));
  ASSERT_TRUE(local) << mail;
  const auto token = codec.read(*local);
  ASSERT_TRUE(token) << mail;
  EXPECT_TRUE(codec.names(*token, *MailAddress::parse("a@x.test")));
  peer.take_message();
  ASSERT_EQ(work.settled.size(), 1U);
  EXPECT_EQ(work.settled[0].verdicts[0].end, End::delivered);
  EXPECT_EQ(work.settled[0].verdicts[0].event.sender, "from@sender.test");
  EXPECT_EQ(work.settled[0].verdicts[1].end, End::untried);
  EXPECT_EQ(work.settled[0].message.envelope.sender.smtp_form(), "from@sender.test");
}

TEST_F(ConnectionTest, LeavesTheNullSenderAsItIs) {
  ReturnPathOptions options;
  options.domain = *Domain::parse("b.sender.test");
  return_paths = std::make_shared<const ReturnPaths>(
      options, *ReturnPathCodec::create({"an example of a key, 32 octets.."}));
  QueuedMessage notice = message_to({"a@x.test"});
  notice.envelope.sender = {};
  work.waiting.push_back(notice);
  start(peer);
  EXPECT_EQ(peer.greet(), "MAIL FROM:<>\r\n");
}

}  // namespace
}  // namespace posthaste
