#include "route/sender_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/config.h"

namespace posthaste {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::vector<std::string> kHeaderKeys = {"a key of return paths, 32 octets"};

UnsubscribeConfig news_list() {
  UnsubscribeConfig list;
  list.name = "news";
  list.url = "https://mail.example.com/u/";
  list.match.stream = {"news", "offers*"};
  return list;
}
FeedbackConfig all_feedback() {
  FeedbackConfig feedback;
  feedback.name = "all";
  feedback.feedback_id = "{campaign}:{tenant}:{stream}:acmemail";
  feedback.cfbl_address = "fbl@mail.example.com";
  return feedback;
}

// A message of the stream "news", signed by example.com.
struct Mail {
  SenderHeaders::Made made(const std::vector<UnsubscribeConfig>& lists,
                           const std::vector<FeedbackConfig>& feedback) const {
    const auto headers = SenderHeaders::create(lists, feedback, kHeaderKeys);
    EXPECT_TRUE(headers) << headers.error().message();
    SenderHeaders::Subject subject{.id = id,
                                   .tags = tags,
                                   .from_domain = from,
                                   .recipients = recipients,
                                   .signing_domains = signing};
    subject.has_list_unsubscribe = has_own;
    subject.has_feedback_id = has_own;
    subject.has_cfbl = has_own;
    return headers->make(subject);
  }

  MessageId id = *MessageId::parse("0190b6a3-7c1f-7d2e-8a51-0123456789ab");
  Tags tags{TenantId("acme"), CampaignId("spring"), "news", {}};
  std::string from = "example.com";
  std::vector<Recipient> recipients{{*MailAddress::parse("b@recipient.test"), {}, {}}};
  std::vector<std::string> signing{"example.com"};
  bool has_own = false;
};

TEST(SenderHeaders, LinkNamesRecipientAndList) {
  const auto made = Mail().made({news_list()}, {});
  EXPECT_EQ(made.list, ListHeaders::added);
  EXPECT_TRUE(made.has_one_click);
  const std::string begin = "List-Unsubscribe: <https://mail.example.com/u/";
  ASSERT_THAT(made.fields, StartsWith(begin));
  EXPECT_THAT(made.fields, HasSubstr(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
  const std::string token = made.fields.substr(begin.size(), made.fields.find('>') - begin.size());
  const auto read = UnsubscribeCodec::create(kHeaderKeys)->read(token);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->recipient.smtp_form(), "b@recipient.test");
  EXPECT_EQ(read->tenant.value(), "acme");
  EXPECT_EQ(read->stream, "news");
  EXPECT_EQ(read->id, Mail().id);
}

TEST(SenderHeaders, OfferAnAddressWhereMailComesBack) {
  UnsubscribeConfig list = news_list();
  list.mailto = *Domain::parse("b.example.com");
  const auto made = Mail().made({list}, {});
  const std::size_t at = made.fields.find(">,\r\n <mailto:");
  ASSERT_NE(at, std::string::npos) << made.fields;
  const std::string address = made.fields.substr(at + 13, 50);
  EXPECT_THAT(made.fields.substr(at + 63), StartsWith("@b.example.com?subject=unsubscribe%20"));
  const auto codec = *ReturnPathCodec::create(kHeaderKeys, AddressUse::unsubscribes);
  const auto read = codec.read(*LocalPart::parse(address));
  ASSERT_TRUE(read) << address;
  EXPECT_TRUE(codec.names(*read, *MailAddress::parse("b@recipient.test")));
}

TEST(SenderHeaders, AreForBulkMailAlone) {
  Mail receipt;
  receipt.tags.stream = "receipts";
  EXPECT_EQ(receipt.made({news_list()}, {}).list, ListHeaders::none);
  EXPECT_EQ(receipt.made({news_list()}, {}).fields, "");
  receipt.tags.stream = "Offers-today";
  EXPECT_EQ(receipt.made({news_list()}, {}).list, ListHeaders::added);
}

TEST(SenderHeaders, NameNobodyWhereSeveralGetTheMessage) {
  Mail message;
  message.recipients.push_back({*MailAddress::parse("c@recipient.test"), {}, {}});
  const auto made = message.made({news_list()}, {});
  EXPECT_EQ(made.list, ListHeaders::several_recipients);
  EXPECT_EQ(made.fields, "");
}

TEST(SenderHeaders, LeaveWhatTheSenderWrote) {
  Mail message;
  message.has_own = true;
  const auto made = message.made({news_list()}, {all_feedback()});
  EXPECT_EQ(made.list, ListHeaders::own);
  EXPECT_EQ(made.fields, "X-Posthaste-ID: 0190b6a3-7c1f-7d2e-8a51-0123456789ab\r\n");
}

TEST(SenderHeaders, PromiseOneClickOnlyUnderASignature) {
  Mail message;
  message.signing.clear();
  const auto made = message.made({news_list()}, {});
  EXPECT_EQ(made.list, ListHeaders::added);
  EXPECT_FALSE(made.has_one_click);
  EXPECT_THAT(made.fields, Not(HasSubstr("List-Unsubscribe-Post")));
}

TEST(SenderHeaders, LeaveOutLinksThatNoLineHolds) {
  Mail message;
  message.tags.tenant = TenantId(std::string(255, 't'));
  message.tags.campaign = CampaignId(std::string(255, 'c'));
  UnsubscribeConfig list = news_list();
  list.match = {};
  list.match.from = {"*"};
  message.tags.stream = std::string(255, 's');
  const auto made = message.made({list}, {});
  EXPECT_EQ(made.list, ListHeaders::too_long);
  EXPECT_EQ(made.fields, "");
}

TEST(SenderHeaders, TellWhoseComplaintsTheyAre) {
  const auto made = Mail().made({}, {all_feedback()});
  EXPECT_THAT(made.fields, StartsWith("Feedback-ID: spring:acme:news:acmemail\r\n"
                                      "X-Posthaste-ID: 0190b6a3-7c1f-7d2e-8a51-0123456789ab\r\n"
                                      "CFBL-Address: fbl@mail.example.com; report=arf\r\n"
                                      "CFBL-Feedback-ID: b-"));
  const auto codec = *ReturnPathCodec::create(kHeaderKeys);
  const std::string id = made.fields.substr(made.fields.size() - 52, 50);
  const auto read = codec.read(*LocalPart::parse(id));
  ASSERT_TRUE(read) << id;
  EXPECT_TRUE(codec.names(*read, *MailAddress::parse("b@recipient.test")));
  EXPECT_FALSE(made.lacks_cfbl_signature);
}

TEST(SenderHeaders, GiveAForeignFeedbackAddressOnlyUnderItsOwnSignature) {
  FeedbackConfig foreign = all_feedback();
  foreign.cfbl_address = "fbl@host.test";
  Mail message;
  auto made = message.made({}, {foreign});
  EXPECT_TRUE(made.lacks_cfbl_signature);
  EXPECT_THAT(made.fields, Not(HasSubstr("CFBL")));
  message.signing = {"example.com", "host.test"};
  made = message.made({}, {foreign});
  EXPECT_FALSE(made.lacks_cfbl_signature);
  EXPECT_THAT(made.fields, HasSubstr("CFBL-Address: fbl@host.test; report=arf\r\n"));
  message.signing = {"host.test"};
  EXPECT_TRUE(message.made({}, {foreign}).lacks_cfbl_signature);
}

TEST(SenderHeaders, TakeTheFirstBlockThatFits) {
  FeedbackConfig acme;
  acme.feedback_id = "a:b:c:acme1";
  acme.message_id = false;
  acme.match.tenant = {"acme"};
  FeedbackConfig rest;
  rest.feedback_id = "a:b:c:others";
  rest.message_id = false;
  EXPECT_EQ(Mail().made({}, {acme, rest}).fields, "Feedback-ID: a:b:c:acme1\r\n");
  Mail other;
  other.tags.tenant = TenantId("other");
  EXPECT_EQ(other.made({}, {acme, rest}).fields, "Feedback-ID: a:b:c:others\r\n");
}

std::vector<std::string> errors_of(const std::string& text) {
  const auto loaded =
      Configuration::load_text(text, "test", {&unsubscribe_schema(), &feedback_schema()});
  std::vector<std::string> lines;
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) lines.push_back(error.what);
  }
  return lines;
}

TEST(SenderHeadersConfig, HoldsWhatFits) {
  EXPECT_TRUE(
      errors_of("unsubscribe \"n\" { url = \"https://a.test/u\" mailto = \"b.test\" match { "
                "stream = {\"news\"} } }\n"
                "feedback \"f\" { feedback_id = \"a:b:{stream}:sender\" cfbl_address = "
                "\"f@a.test\" }\n")
          .empty());
}

TEST(SenderHeadersConfig, RefusesWhatWouldNotWork) {
  const std::string match = " match { stream = {\"news\"} } }";
  for (const std::string& wrong : {"unsubscribe \"n\" { url = \"http://a.test/u\"" + match,
                                   "unsubscribe \"n\" { url = \"https:///u\"" + match,
                                   "unsubscribe \"n\" { url = \"https://a.test/u?x=1\"" + match,
                                   "unsubscribe \"n\" { url = \"https://a.test/<u>\"" + match,
                                   std::string("unsubscribe \"n\" { url = \"https://a.test/u\" }"),
                                   std::string("feedback \"f\" { feedback_id = \"a:b:c:no\" }"),
                                   std::string("feedback \"f\" { cfbl_address = \"nobody\" }"),
                                   std::string("feedback \"f\" { message_id = false }")}) {
    EXPECT_EQ(errors_of(wrong).size(), 1U) << wrong;
  }
}

}  // namespace
}  // namespace posthaste
