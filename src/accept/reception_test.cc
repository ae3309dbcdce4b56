#include "accept/reception.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <boost/asio/io_context.hpp>

#include "accept/accept_error.h"
#include "accept/session_fixture.h"
#include "accept/test_certificate.h"
#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_signer.h"
#include "mail/mail_error.h"
#include "platform/io/task_group.h"
#include "route/sender_headers.h"

namespace posthaste {
namespace {

class ReceptionTest : public testing::Test {
 protected:
  ReceptionOutcome receive(const std::string& content) {
    Transaction transaction;
    transaction.content = content;
    transaction.envelope.recipients.push_back({*MailAddress::parse("b@example.org"), {}, {}});
    TaskGroup group(context_.get_executor());
    ReceptionOutcome outcome;
    group.spawn(run(std::move(transaction), outcome));
    context_.restart();
    while (!group.empty()) context_.run_one();
    return outcome;
  }

  // Signs for example.com.
  static std::shared_ptr<const DkimSigner> make_signer(const TestFolder& folder,
                                                       std::vector<std::string> headers) {
    EVP_PKEY* key = EVP_RSA_gen(2048);
    FILE* file = std::fopen((folder / "key.pem").c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    EVP_PKEY_free(key);
    DkimConfig block;
    block.selector = "mail";
    block.domain = "example.com";
    block.private_key = (folder / "key.pem").string();
    block.headers = std::move(headers);
    auto signer = DkimSigner::load({block});
    EXPECT_TRUE(signer) << signer.error().message();
    return std::make_shared<DkimSigner>(*std::move(signer));
  }

  FakeSink sink_;
  std::shared_ptr<SessionSettings> settings_ = Dialogue::make_settings({});

 private:
  boost::asio::awaitable<void> run(Transaction transaction, ReceptionOutcome& outcome) {
    SessionFacts facts;
    facts.helo = "client";
    facts.peer_address = "127.0.0.1";
    outcome = co_await reception_.receive(std::move(transaction), facts, settings_);
  }

  boost::asio::io_context context_;
  ManualClock clock_;
  Reception reception_{clock_, sink_};
};

TEST_F(ReceptionTest, AnswersWithTheIdOfTheMessageThatWasKept) {
  const ReceptionOutcome outcome = receive("From: a@example.com\r\n\r\nhi\r\n");
  EXPECT_TRUE(outcome.is_accepted);
  ASSERT_EQ(sink_.taken.size(), 1u);
  const ReceivedMessage& message = sink_.taken[0];
  EXPECT_EQ(outcome.code, 250u);
  EXPECT_EQ(outcome.text, "queued as " + message.id.to_string());
  EXPECT_EQ(outcome.size, message.body->size());
  EXPECT_TRUE(message.body->starts_with("Received: from client ([127.0.0.1])\r\n"));
  EXPECT_TRUE(message.dkim_domains.empty());
}

TEST_F(ReceptionTest, PromisesNothingWhenTheSinkFails) {
  sink_.failure = Error{make_error_code(AcceptError::cannot_listen), "disk full"};
  const ReceptionOutcome outcome = receive("From: a@example.com\r\n\r\nhi\r\n");
  EXPECT_FALSE(outcome.is_accepted);
  EXPECT_EQ(outcome.code, 452u);
  EXPECT_EQ(outcome.enhanced_status, "4.3.1");
  EXPECT_EQ(outcome.reason, RejectionReason::storage);
}

TEST_F(ReceptionTest, SaysWhatTheSinkSaysOfAMessageThatItWillNotHave) {
  sink_.failure = Error{MailErrc::refused, "no report is in it"};
  const ReceptionOutcome refused = receive("From: a@example.com\r\n\r\nhi\r\n");
  EXPECT_EQ(refused.code, 554u);
  EXPECT_EQ(refused.text, "no report is in it");
  EXPECT_EQ(refused.reason, RejectionReason::bad_message);
  sink_.failure = Error{MailErrc::busy, "come again later"};
  const ReceptionOutcome busy = receive("From: a@example.com\r\n\r\nhi\r\n");
  EXPECT_EQ(busy.code, 451u);
  EXPECT_EQ(busy.enhanced_status, "4.3.2");
  EXPECT_EQ(busy.text, "come again later");
}

TEST_F(ReceptionTest, OfAnInboundListenerKeepsMailAsItCame) {
  settings_->listener.role = ListenerRole::inbound;
  const std::string content =
      "DKIM-Signature: v=1\r\nBcc: c@example.net\r\nX-Campaign: \tx\r\nFrom: "
      "a@example.com\r\n\r\nhi";
  const ReceptionOutcome outcome = receive(content);
  ASSERT_EQ(sink_.taken.size(), 1u);
  EXPECT_EQ(*sink_.taken[0].body, content);
  EXPECT_EQ(sink_.taken[0].facts.header_from, "a@example.com");
  EXPECT_EQ(sink_.taken[0].tags.campaign.value(), "");
  EXPECT_TRUE(outcome.text.starts_with("taken as "));
}

TEST_F(ReceptionTest, RefusesBeforeItAsksTheSink) {
  std::string looping;
  for (int i = 0; i < 100; ++i) looping += "Received: by x\r\n";
  EXPECT_EQ(receive(looping + "\r\n").code, 554u);
  EXPECT_TRUE(sink_.taken.empty());
}

TEST_F(ReceptionTest, SaysWhatBreaksTheRulesForSenders) {
  sink_.failure = Error{MailErrc::against_rules, "it breaks rules\nvalid_date: correct it"};
  const ReceptionOutcome outcome = receive("From: a@example.com\r\n\r\nhi\r\n");
  EXPECT_FALSE(outcome.is_accepted);
  EXPECT_EQ(outcome.code, 550u);
  EXPECT_EQ(outcome.enhanced_status, "5.7.1");
  EXPECT_EQ(outcome.text, "it breaks rules\nvalid_date: correct it");
  EXPECT_EQ(outcome.reason, RejectionReason::sender_rules);
}

TEST_F(ReceptionTest, SignsWhatItAddsWhateverTheBlockSigns) {
  TestFolder folder;
  settings_->signer = make_signer(folder, {"From", "Subject"});
  UnsubscribeConfig news;
  news.url = "https://mail.example.com/u";
  news.match.stream = {"news"};
  FeedbackConfig feedback;
  feedback.feedback_id = "a:b:c:acmemail";
  feedback.cfbl_address = "fbl@example.com";
  auto headers = SenderHeaders::create({news}, {feedback}, {"a key of return paths, 32 octets"});
  settings_->sender_headers = std::make_shared<const SenderHeaders>(std::move(*headers));
  receive("From: a@example.com\r\nX-Stream: news\r\nSubject: x\r\n\r\nhi\r\n");
  ASSERT_EQ(sink_.taken.size(), 1u);
  const auto fields = split_message(*sink_.taken[0].body).fields;
  EXPECT_EQ(parse_dkim_signature(fields.at(0)).signature.headers,
            (std::vector<std::string>{"from", "from", "subject", "list-unsubscribe",
                                      "list-unsubscribe-post", "feedback-id", "cfbl-address",
                                      "cfbl-feedback-id", "x-posthaste-id"}));
}

TEST_F(ReceptionTest, SignsForItsDomains) {
  TestFolder folder;
  settings_->signer = make_signer(folder, {});
  receive("From: A <a@news.example.com>\r\nSubject: x\r\n\r\nhi\r\n");
  receive("From: A <a@example.net>\r\nSubject: x\r\n\r\nhi\r\n");
  ASSERT_EQ(sink_.taken.size(), 2u);
  EXPECT_TRUE(sink_.taken[0].body->starts_with("DKIM-Signature: "));
  EXPECT_NE(sink_.taken[0].body->find("\r\nReceived: from client "), std::string::npos);
  EXPECT_EQ(sink_.taken[0].dkim_domains, std::vector<std::string>{"example.com"});
  EXPECT_TRUE(sink_.taken[1].body->starts_with("Received: "));
}

}  // namespace
}  // namespace posthaste
