#include "accept/message_preparation.h"

#include <gtest/gtest.h>

#include "accept/session_fixture.h"
#include "accept/trace_header.h"
#include "route/sender_headers.h"

namespace posthaste {
namespace {

class Prepare {
 public:
  Prepare() {
    facts_.session_id = "session-1";
    facts_.listener = "submission";
    facts_.peer_address = "192.0.2.7";
    facts_.helo = "client.example";
    facts_.is_esmtp = true;
    transaction_.envelope.recipients.push_back({*MailAddress::parse("b@example.org"), {}, {}});
  }

  Prepare& by_user(const std::string& user, const std::string& tenant) {
    facts_.user = user;
    facts_.tenant = TenantId(tenant);
    return *this;
  }
  Prepare& over_tls() {
    facts_.tls_version = "TLSv1.3";
    facts_.tls_cipher = "TLS_AES_256_GCM_SHA384";
    return *this;
  }
  Prepare& with(const std::vector<UnsubscribeConfig>& lists,
                const std::vector<FeedbackConfig>& feedback) {
    auto made = SenderHeaders::create(lists, feedback, {"a key of return paths, 32 octets"});
    headers_ = std::make_shared<const SenderHeaders>(std::move(*made));
    return *this;
  }
  Prepare& to_another() {
    transaction_.envelope.recipients.push_back({*MailAddress::parse("c@example.org"), {}, {}});
    return *this;
  }
  Prepare& from(const std::string& peer_address, const std::string& helo) {
    facts_.peer_address = peer_address;
    facts_.helo = helo;
    return *this;
  }
  std::variant<PreparedMessage, ReceptionOutcome> operator()(const std::string& content) {
    const auto settings = Dialogue::make_settings({});
    settings->sender_headers = headers_;
    Transaction transaction = transaction_;
    transaction.content = content;
    return prepare_message({std::move(transaction), facts_, *settings,
                            *MessageId::parse("0190b6a3-0000-7000-8000-000000000001"),
                            ManualClock().wall()});
  }
  PreparedMessage accepted(const std::string& content) {
    auto made = (*this)(content);
    EXPECT_TRUE(std::holds_alternative<PreparedMessage>(made)) << content;
    return std::get<PreparedMessage>(std::move(made));
  }

 private:
  std::shared_ptr<const SenderHeaders> headers_;
  SessionFacts facts_;
  Transaction transaction_;
};

const std::string kReceived =
    "Received: from client.example ([192.0.2.7])\r\n"
    "\tby mx.example.com with ESMTP id 0190b6a3-0000-7000-8000-000000000001\r\n"
    "\tfor <b@example.org>;\r\n"
    "\tThu, 01 Jan 2026 00:00:00 +0000\r\n";
const std::string kComplete =
    "Date: Wed, 31 Dec 2025 23:59:59 +0000\r\nMessage-ID: <1@example.com>\r\n";

TEST(MessagePreparation, AddsOnlyTheTraceHeaderToACompleteMessage) {
  const std::string content =
      kComplete +
      "From: A <a@Example.com>\r\nSubject: =?utf-8?q?gr=C3=BC?=\r\n =?utf-8?q?n?=\r\n"
      "X-Odd :  kept\r\n\r\nBody\r\n\r\nX-Tenant: of the body\r\n";
  const PreparedMessage prepared = Prepare().accepted(content);
  EXPECT_EQ(prepared.body, kReceived + content);
  ASSERT_TRUE(prepared.header_from);
  EXPECT_EQ(prepared.header_from->ascii(), "example.com");
  EXPECT_EQ(prepared.message.facts.header_from, "a@Example.com");
  EXPECT_EQ(prepared.message.facts.subject, "gr\xC3\xBCn");
  EXPECT_EQ(prepared.message.arrival.protocol, "ESMTP");
  EXPECT_EQ(prepared.message.tags.tenant.value(), "");
}

TEST(MessagePreparation, AddsDateAndMessageIdWhereMissing) {
  EXPECT_EQ(Prepare().accepted("Subject: x\r\n\r\nhi\r\n").body,
            kReceived +
                "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
                "Message-ID: <0190b6a3-0000-7000-8000-000000000001@mx.example.com>\r\n"
                "Subject: x\r\n\r\nhi\r\n");
}

TEST(MessagePreparation, TakesOutWhatOthersMustNotSee) {
  const PreparedMessage prepared = Prepare().accepted(
      "Return-Path: <x@example.com>\r\nbcc: c@example.org,\r\n d@example.org\r\n" + kComplete +
      "To: b@example.org\r\nResent-Bcc: e@example.org\r\nBcc: f@example.org\r\n\r\nhi\r\n");
  EXPECT_EQ(prepared.body, kReceived + kComplete + "To: b@example.org\r\n\r\nhi\r\n");
}

TEST(MessagePreparation, TakesTagsFromItsOwnFields) {
  const std::string tagged = "X-Tenant: beta\r\nx-campaign:  spring\r\n sale \r\n" + kComplete +
                             "X-Stream: bulk\r\nX-Tag-Order-Id: 17\r\nX-Tagged: stays\r\n\r\n";
  const PreparedMessage prepared = Prepare().accepted(tagged);
  EXPECT_EQ(prepared.body, kReceived + kComplete + "X-Tagged: stays\r\n\r\n");
  const Tags& tags = prepared.message.tags;
  EXPECT_EQ(tags.tenant.value(), "beta");
  EXPECT_EQ(tags.campaign.value(), "spring sale");
  EXPECT_EQ(tags.stream, "bulk");
  EXPECT_EQ(tags.meta, (std::map<std::string, std::string>{{"order-id", "17"}}));
  EXPECT_EQ(Prepare().by_user("user", "acme").accepted(tagged).message.tags.tenant.value(), "acme");
  EXPECT_EQ(Prepare().by_user("user", "").accepted(tagged).message.tags.tenant.value(), "beta");
}

TEST(MessagePreparation, AddsTheFieldsOfSenders) {
  UnsubscribeConfig news;
  news.url = "https://mail.example.com/u";
  news.match.stream = {"news"};
  FeedbackConfig feedback;
  feedback.feedback_id = "{campaign}:{tenant}:{stream}:acmemail";
  const std::string id = "X-Posthaste-ID: 0190b6a3-0000-7000-8000-000000000001\r\n";
  const std::string content = kComplete + "From: a@example.com\r\n";
  const std::string end = "\r\nhi\r\n";
  const auto bulk = Prepare()
                        .by_user("user", "acme")
                        .with({news}, {feedback})
                        .accepted("X-Posthaste-ID: forged\r\nX-Stream: news\r\n" + content + end);
  EXPECT_EQ(bulk.message.list_headers, ListHeaders::added);
  EXPECT_NE(bulk.body.find("List-Unsubscribe: <https://mail.example.com/u/"), std::string::npos);
  EXPECT_NE(bulk.body.find("Feedback-ID: :acme:news:acmemail\r\n" + id + content),
            std::string::npos);
  EXPECT_EQ(bulk.body.find("forged"), std::string::npos);
  const auto receipt = Prepare().with({news}, {feedback}).accepted(content + end);
  EXPECT_EQ(receipt.message.list_headers, ListHeaders::none);
  EXPECT_EQ(receipt.body.find("List-Unsubscribe"), std::string::npos);
  const std::string own =
      "List-Unsubscribe: <https://x.test/u>\r\n"
      "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
      "Feedback-ID: a:b:c:others\r\n";
  const auto theirs =
      Prepare().with({news}, {feedback}).accepted("X-Stream: news\r\n" + own + content + end);
  EXPECT_EQ(theirs.message.list_headers, ListHeaders::own);
  EXPECT_TRUE(theirs.message.form.has_one_click);
  EXPECT_NE(theirs.body.find(id + own + content), std::string::npos);
  EXPECT_EQ(theirs.body.find("acmemail"), std::string::npos);
  const auto shared =
      Prepare().to_another().with({news}, {}).accepted("X-Stream: news\r\n" + content + end);
  EXPECT_EQ(shared.message.list_headers, ListHeaders::several_recipients);
  EXPECT_EQ(shared.body.find("List-Unsubscribe"), std::string::npos);
}

TEST(MessagePreparation, SaysWhatTheHeaderIsLike) {
  const PreparedMessage right = Prepare().accepted(kComplete + "From: a@news.example.com\r\n\r\n");
  EXPECT_TRUE(right.message.form.broken.empty());
  EXPECT_EQ(right.message.form.author_domain, "news.example.com");
  const PreparedMessage wrong = Prepare().accepted("Date: today\r\n\r\nhi\r\n");
  EXPECT_EQ(wrong.message.form.broken,
            (std::vector{SenderRule::valid_date, SenderRule::single_from}));
}

TEST(MessagePreparation, RefusesTagsThatCannotBeKept) {
  std::string many;
  for (int i = 0; i < 65; ++i) many += "X-Tag-" + std::to_string(i) + ": x\r\n";
  for (const std::string& header :
       {"X-Campaign: " + std::string(256, 'x') + "\r\n", std::string("X-Stream: a\x01\r\n"),
        "X-Tag-" + std::string(65, 'x') + ": x\r\n", many}) {
    const auto made = Prepare()(header + "\r\nhi\r\n");
    ASSERT_TRUE(std::holds_alternative<ReceptionOutcome>(made)) << header;
    EXPECT_EQ(std::get<ReceptionOutcome>(made).code, 550u);
  }
}

TEST(MessagePreparation, RefusesLoopsAndLargeHeaders) {
  std::string hops;
  for (int i = 0; i < 99; ++i) hops += "Received: from x by y; date\r\n";
  EXPECT_TRUE(std::holds_alternative<PreparedMessage>(Prepare()(hops + "\r\n")));
  const auto looping = Prepare()("Received: by z\r\n" + hops + "\r\n");
  ASSERT_TRUE(std::holds_alternative<ReceptionOutcome>(looping));
  EXPECT_EQ(std::get<ReceptionOutcome>(looping).enhanced_status, "5.4.6");
  std::string large;
  while (large.size() <= 1024 * 1024) large += "X-Large: " + std::string(900, 'x') + "\r\n";
  const auto refused = Prepare()(large + "\r\n");
  ASSERT_TRUE(std::holds_alternative<ReceptionOutcome>(refused));
  EXPECT_EQ(std::get<ReceptionOutcome>(refused).code, 552u);
}

TEST(MessagePreparation, KeepsWhatIsNoHeaderAsBody) {
  const std::string added =
      "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
      "Message-ID: <0190b6a3-0000-7000-8000-000000000001@mx.example.com>\r\n";
  EXPECT_EQ(Prepare().accepted("just text\r\nmore: text\r\n").body,
            kReceived + added + "\r\njust text\r\nmore: text\r\n");
  EXPECT_EQ(Prepare().accepted(kComplete + "just text\r\n").body,
            kReceived + kComplete + "\r\njust text\r\n");
  EXPECT_EQ(Prepare().accepted("").body, kReceived + added);
  EXPECT_EQ(Prepare().accepted("\r\nhi\r\n").body, kReceived + added + "\r\nhi\r\n");
}

TEST(MessagePreparation, WritesItsTraceHeaderSafely) {
  const PreparedMessage prepared = Prepare()
                                       .by_user("user", "")
                                       .over_tls()
                                       .from("2001:db8::1", "a;b(c)\xC3\xBC<d>")
                                       .accepted(kComplete + "\r\n");
  EXPECT_TRUE(prepared.body.starts_with(
      "Received: from a?b?c????d? ([IPv6:2001:db8::1])\r\n"
      "\tby mx.example.com with ESMTPSA id 0190b6a3-0000-7000-8000-000000000001\r\n"
      "\t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"))
      << prepared.body;
}

TEST(MessagePreparation, KnowsMailThatDoesNotRequireTls) {
  const std::string from = kComplete + "From: a@example.com\r\n";
  const auto is_optional = [&](const std::string& field) {
    return Prepare().accepted(from + field + "\r\nx\r\n").message.envelope.tls_optional;
  };
  EXPECT_TRUE(is_optional("TLS-Required: No\r\n"));
  EXPECT_TRUE(is_optional("tls-required:\r\n no\r\n"));
  EXPECT_FALSE(is_optional("TLS-Required: Yes\r\n"));
  EXPECT_FALSE(is_optional(""));
}

}  // namespace
}  // namespace posthaste
