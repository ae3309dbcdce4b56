#include "route/return_paths.h"

#include <gtest/gtest.h>

#include "platform/config.h"

namespace posthaste {
namespace {

ReturnPathCodec codec() {
  return *ReturnPathCodec::create({"an example of a key, 32 octets.."});
}

QueuedMessage message(const std::string& sender, const std::string& from,
                      std::vector<std::string> recipients = {"b@recipient.test"}) {
  QueuedMessage message;
  message.id = *MessageId::parse("0190b6a3-7c1f-7d2e-8a51-0123456789ab");
  message.envelope.sender = *ReversePath::parse(sender);
  message.facts.header_from = from;
  for (const std::string& one : recipients) {
    message.envelope.recipients.push_back({*MailAddress::parse(one), {}, {}});
  }
  return message;
}

ReturnPathOptions options() {
  ReturnPathOptions options;
  options.domain = *Domain::parse("bounces.host.test");
  ReturnPathConfig acme{"acme", {}, {"acme"}, *Domain::parse("b.acme.test")};
  ReturnPathConfig shop{"shop", {"shop.test", "*.shop.test"}, {}, *Domain::parse("b.shop.test")};
  ReturnPathConfig list{"list", {"list.test"}, {}, std::nullopt};
  options.blocks = {acme, shop, list};
  return options;
}

TEST(ReturnPaths, AreAtTheBounceDomainAndNameTheRecipient) {
  const ReturnPaths paths(options(), codec());
  const auto path = paths.make(message("a@sender.test", "a@sender.test"), 1);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->address().domain().ascii(), "bounces.host.test");
  const auto token = codec().read(path->address().local());
  ASSERT_TRUE(token);
  EXPECT_TRUE(codec().names(*token, *MailAddress::parse("b@recipient.test")));
}

TEST(ReturnPaths, GoByTheDomainOfFromBeforeThatOfTheEnvelopeSender) {
  const ReturnPaths paths(options(), codec());
  const auto at = [&](const QueuedMessage& one) {
    const Domain* domain = paths.domain_of(one);
    return domain ? domain->ascii() : std::string("its own");
  };
  EXPECT_EQ(at(message("a@sender.test", "a@Shop.test")), "b.shop.test");
  EXPECT_EQ(at(message("a@sender.test", "a@news.shop.test")), "b.shop.test");
  EXPECT_EQ(at(message("a@shop.test", "a@other.test")), "bounces.host.test");
  EXPECT_EQ(at(message("a@shop.test", "")), "b.shop.test");
  EXPECT_EQ(at(message("a@list.test", "a@list.test")), "its own");
}

TEST(ReturnPaths, GoByTheTenantWhereABlockSaysSo) {
  const ReturnPaths paths(options(), codec());
  QueuedMessage one = message("a@shop.test", "a@shop.test");
  one.queue.tenant = TenantId("acme");
  EXPECT_EQ(paths.domain_of(one)->ascii(), "b.acme.test");
}

TEST(ReturnPaths, LeaveTheNullSenderAlone) {
  const ReturnPaths paths(options(), codec());
  EXPECT_FALSE(paths.make(message("", "MAILER-DAEMON@host.test"), 1));
  EXPECT_EQ(paths.recipients_at_once(message("", "a@shop.test"), 100), 100U);
}

TEST(ReturnPaths, GiveEachRecipientATransactionUnlessTheyNameMessagesOnly) {
  ReturnPathOptions by_recipient = options();
  const QueuedMessage two =
      message("a@sender.test", "a@sender.test", {"b@recipient.test", "c@recipient.test"});
  EXPECT_EQ(ReturnPaths(by_recipient, codec()).recipients_at_once(two, 100), 1U);
  EXPECT_EQ(ReturnPaths(by_recipient, codec())
                .recipients_at_once(message("a@list.test", "a@list.test"), 100),
            100U);
  ReturnPathOptions by_message = options();
  by_message.verp = Verp::message;
  const ReturnPaths paths(by_message, codec());
  EXPECT_EQ(paths.recipients_at_once(two, 100), 100U);
  const auto token = codec().read(paths.make(two, 2)->address().local());
  ASSERT_TRUE(token);
  EXPECT_FALSE(token->names_recipient());
  EXPECT_TRUE(codec().read(paths.make(two, 1)->address().local())->names_recipient());
}

TEST(ReturnPaths, KnowTheirDomains) {
  const ReturnPaths paths(options(), codec());
  EXPECT_TRUE(paths.is_ours(*Domain::parse("b.shop.test")));
  EXPECT_TRUE(paths.is_ours(*Domain::parse("bounces.host.test")));
  EXPECT_FALSE(paths.is_ours(*Domain::parse("shop.test")));
}

TEST(ReturnPathConfig, OfNobodyIsAnError) {
  const auto loaded = Configuration::load_text("return_path \"x\" { domain = \"b.example\" }",
                                               "test.conf", {&return_path_schema()});
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  ASSERT_NE(errors, nullptr);
  EXPECT_EQ(errors->front().to_string(),
            "test.conf:1: return_path: it is for no sender: set sender or tenant; for all mail set "
            "bounce { domain }");
}

}  // namespace
}  // namespace posthaste
