#include "inbound/unsubscribe_handler.h"

#include "inbound/inbound_fixture.h"

namespace posthaste {
namespace {

class UnsubscribeHandlerTest : public InboundTest {
 protected:
  UnsubscribeHandlerTest() {
    EXPECT_TRUE(unsubscriber.set_keys(keys));
    handler.set_domains({*Domain::parse("b.sender.test")});
  }

  MailAddress leaving(const std::string& recipient) const {
    const auto codec = ReturnPathCodec::create(keys, AddressUse::unsubscribes);
    return {codec->make(id, address(recipient)), *Domain::parse("b.sender.test")};
  }

  const std::vector<std::string> keys{"a key of return paths, 32 octets"};
  Unsubscriber unsubscriber{{*spool, suppressor, clock, disk}};
  UnsubscribeHandler handler{unsubscriber, Log::to_nowhere(clock)};
};

using Answer = AddressClaim::Answer;

TEST_F(UnsubscribeHandlerTest, ClaimsItsOwnAddressesOnly) {
  EXPECT_EQ(handler.claim(leaving("victim@recipient.test")).answer, Answer::mine);
  EXPECT_EQ(handler.claim(address("u-forged@b.sender.test")).answer, Answer::forged);
  EXPECT_EQ(handler.claim(address("uwe@b.sender.test")).answer, Answer::not_mine);
  EXPECT_EQ(handler.claim(address("u-forged@other.test")).answer, Answer::not_mine);
  EXPECT_EQ(handler.claim(path_for("victim@recipient.test")).answer, Answer::not_mine);
}

TEST_F(UnsubscribeHandlerTest, UnsubscribesWhoseAddressItWas) {
  const auto outcome = take(handler, mail("From: anybody@x.test\r\n\r\n", "anybody@x.test"),
                            leaving("victim@recipient.test"));
  EXPECT_EQ(outcome.taking, Taking::acted) << outcome.reason;
  const std::vector<Event> events = told();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type, EventType::unsubscribe);
  EXPECT_EQ(events[0].recipient, "victim@recipient.test");
  EXPECT_EQ(events[0].tenant, "acme");
  EXPECT_EQ(events[0].stream, "news");
}

TEST_F(UnsubscribeHandlerTest, ReadsATokenThatIsLongerThanASubject) {
  const MessageId elsewhere = MessageId::generate(clock.wall());
  UnsubscribeToken token;
  token.id = elsewhere;
  token.recipient = address("victim@recipient.test");
  token.tenant = TenantId(std::string(200, 't'));
  token.campaign = CampaignId(std::string(200, 'c'));
  token.stream = std::string(200, 's');
  const std::string said = UnsubscribeCodec::create(keys)->make(token);
  const auto codec = ReturnPathCodec::create(keys, AddressUse::unsubscribes);
  const MailAddress to{codec->make(elsewhere, token.recipient), *Domain::parse("b.sender.test")};
  const auto outcome =
      take(handler, mail("Subject: unsubscribe " + said + "\r\n\r\n", "anybody@x.test"), to);
  EXPECT_EQ(outcome.taking, Taking::acted) << outcome.reason;
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told().front().stream, token.stream);
}

TEST_F(UnsubscribeHandlerTest, RefusesAnAddressThatIsNotOfAKeyAnyMore) {
  const MailAddress recipient = leaving("victim@recipient.test");
  ASSERT_TRUE(unsubscriber.set_keys({"another key that came since, 32"}));
  const auto outcome = take(handler, mail("\r\n", "anybody@x.test"), recipient);
  EXPECT_EQ(outcome.taking, Taking::refused);
  EXPECT_TRUE(told().empty());
}

}  // namespace
}  // namespace posthaste
