#include "inbound/mailroom.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "mail/mail_error.h"
#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

using testing::HasSubstr;

// Claims the addresses of one domain.
class FakeHandler final : public AddressHandler {
 public:
  explicit FakeHandler(std::string domain) : domain_(std::move(domain)) {}

  AddressClaim claim(const MailAddress& address) const override {
    if (address.domain().ascii() != domain_) return {};
    const std::string& local = address.local().unquoted();
    if (local == "forged") return {AddressClaim::Answer::forged, "forged"};
    return {AddressClaim::Answer::mine, "", local == "postmaster" ? "people" : ""};
  }
  boost::asio::awaitable<HandlingOutcome> take(SharedInboundMail mail, MailAddress to) override {
    taken.push_back(to.smtp_form());
    results = mail->check.results;
    co_return outcome;
  }

  HandlingOutcome outcome{Taking::acted, "bounce", ""};
  std::vector<std::string> taken;
  std::string results;

 private:
  std::string domain_;
};

class MailroomTest : public testing::Test {
 protected:
  Result<void> take(const std::vector<std::string>& recipients) {
    ReceivedMessage message;
    message.arrival.peer_address = "192.0.2.1";
    message.arrival.helo = "mx.r.example";
    for (const std::string& one : recipients) {
      message.envelope.recipients.push_back({*MailAddress::parse(one), {}, {}});
    }
    message.body = std::make_shared<const std::string>("From: a@r.example\r\n\r\nText\r\n");
    boost::asio::io_context loop;
    TaskGroup tasks(loop.get_executor());
    Result<void> result;
    tasks.spawn(take_one(std::move(message), result));
    loop.run();
    return result;
  }
  boost::asio::awaitable<void> take_one(ReceivedMessage message, Result<void>& result) {
    result = co_await room.take(std::move(message));
  }

  ManualClock clock;
  Metrics metrics;
  ZoneTextResolver resolver{""};
  SenderChecker checker{{resolver, clock, "mta.test"}};
  FakeHandler first{"one.test"};
  FakeHandler second{"two.test"};
  Mailroom room{{metrics, checker, [] { return true; }, {&first, &second}}};
};

TEST_F(MailroomTest, RefusesWhatNobodyClaims) {
  EXPECT_EQ(room.refusal(*MailAddress::parse("a@one.test")), std::nullopt);
  EXPECT_EQ(room.refusal(*MailAddress::parse("a@two.test")), std::nullopt);
  EXPECT_EQ(room.refusal(*MailAddress::parse("forged@one.test")), "forged");
  EXPECT_THAT(room.refusal(*MailAddress::parse("a@far.test")).value(),
              HasSubstr("no such address here"));
}

TEST_F(MailroomTest, GivesEachRecipientsMailToItsHandlerOnceAndChecked) {
  EXPECT_TRUE(take({"a@one.test", "A@one.test", "a@two.test"}));
  EXPECT_EQ(first.taken, (std::vector<std::string>{"a@one.test"}));
  EXPECT_EQ(second.taken, (std::vector<std::string>{"a@two.test"}));
  EXPECT_THAT(first.results, testing::StartsWith("mta.test; spf="));
  EXPECT_THAT(metrics.expose(),
              HasSubstr("posthaste_inbound_messages_total{kind=\"bounce\",outcome=\"acted\"} 2\n"));
}

TEST_F(MailroomTest, GivesMailToSeveralAddressesOfADeskOnce) {
  EXPECT_TRUE(take({"postmaster@one.test", "a@one.test", "postmaster@two.test"}));
  EXPECT_EQ(first.taken, (std::vector<std::string>{"postmaster@one.test", "a@one.test"}));
  EXPECT_TRUE(second.taken.empty());
}

TEST_F(MailroomTest, ComesAgainWhenOneIsBusyAndIsRefusedWhenAllAre) {
  first.outcome = {Taking::refused, "report", "bad\r\n250 archive"};
  EXPECT_TRUE(take({"a@one.test", "a@two.test"}));
  const auto refused = take({"a@one.test"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, MailErrc::refused);
  EXPECT_EQ(refused.error().detail, "bad??250 archive") << "it is one line of the reply";
  second.outcome = {Taking::busy, "report", "come again later"};
  const auto busy = take({"a@one.test", "a@two.test"});
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, MailErrc::busy);
}

TEST_F(MailroomTest, AnAddressThatIsGoneMeanwhileIsRefused) {
  const auto result = take({"a@far.test"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, MailErrc::refused);
}

}  // namespace
}  // namespace posthaste
