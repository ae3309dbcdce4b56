#include "queue/settler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "base/temporary_folder.h"
#include "mail/message.h"
#include "queue/message_event.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using End = RecipientVerdict::End;

constexpr char kOriginal[] =
    "From: a@sender.test\r\nTo: b@example.com\r\nSubject: Hello\r\n\r\nThe text.\r\n";

class SettlerTest : public testing::Test {
 protected:
  SettlerTest() {
    SpoolOptions options;
    options.path = folder_.path() / "spool";
    std::filesystem::create_directories(options.path);
    spool_ = std::move(*Spool::open(options, system_clock_));
    notices_ = std::make_unique<NoticeMaker>(NoticeOptions{"mx.sender.test", false, true}, *spool_,
                                             clock_);
    RemoteQueueConfig outbound;
    outbound.retry = {10min, 2.0, 1h, 0.0};
    outbound.max_age = 24h;
    RemoteQueueConfig warned = outbound;
    warned.name = "warned";
    warned.delay_warning = 4h;
    settler_ = std::make_unique<Settler>(
        std::make_shared<const QueueRules>(*QueueRules::compile({outbound, warned})), *notices_,
        clock_, [] { return std::uint64_t{0}; });
  }

  QueuedMessage message_to(const std::vector<std::string>& addresses) const {
    QueuedMessage message;
    message.id = MessageId::generate(clock_.wall());
    message.queue = {"outbound", TenantId("acme"), CampaignId(), *Domain::parse("example.com")};
    message.envelope.sender = *ReversePath::parse("a@sender.test");
    message.tags.tenant = TenantId("acme");
    for (const std::string& address : addresses) {
      Recipient recipient;
      recipient.address = *MailAddress::parse(address);
      message.envelope.recipients.push_back(recipient);
    }
    message.accepted = message.due = clock_.wall();
    message.body = std::make_shared<const std::string>(kOriginal);
    return message;
  }

  RecipientVerdict verdict(const QueuedMessage& message, std::size_t recipient, End end,
                           std::uint32_t code = 0, const std::string& response = "") const {
    const EventType type = end == End::failed     ? EventType::bounce
                           : end == End::deferred ? EventType::transient_failure
                                                  : EventType::delivery;
    RecipientVerdict made{
        end, event_of(message, message.envelope.recipients[recipient], type, clock_.wall())};
    made.event.smtp_code = code;
    made.event.response = response;
    made.event.enhanced_status = code >= 500 ? "5.1.1" : code >= 400 ? "4.2.1" : "2.0.0";
    made.event.peer_host = "mx.example.com";
    return made;
  }

  static std::vector<EventType> types_of(const Settlement& settlement) {
    std::vector<EventType> types;
    for (const Event& event : settlement.events) types.push_back(event.type);
    return types;
  }

  TemporaryFolder folder_;
  SystemClock system_clock_;
  ManualClock clock_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<NoticeMaker> notices_;
  std::unique_ptr<Settler> settler_;
};

TEST_F(SettlerTest, EndsWhatWasDelivered) {
  const QueuedMessage message = message_to({"b@example.com"});
  const auto settlement =
      settler_->settle(message, {verdict(message, 0, End::delivered, 250, "2.0.0 ok")});
  EXPECT_FALSE(settlement.after);
  EXPECT_THAT(types_of(settlement), ElementsAre(EventType::delivery));
  EXPECT_EQ(settlement.events[0].attempt, 1U);
  EXPECT_TRUE(settlement.notices.empty());
}

TEST_F(SettlerTest, WaitsLongerAfterEachAttemptUpToTheCeiling) {
  QueuedMessage message = message_to({"b@example.com"});
  std::vector<Duration> waits;
  for (int i = 0; i < 5; ++i) {
    auto settlement =
        settler_->settle(message, {verdict(message, 0, End::deferred, 451, "try later")});
    ASSERT_TRUE(settlement.after);
    waits.push_back(settlement.after->due - clock_.wall());
    message = *settlement.after;
  }
  EXPECT_THAT(waits, ElementsAre(10min, 20min, 40min, 60min, 60min));
  EXPECT_EQ(message.attempts, 5U);
  EXPECT_EQ(message.last_response, "try later");
}

TEST_F(SettlerTest, KeepsOnlyTheRecipientsThatWait) {
  const QueuedMessage message = message_to({"a@example.com", "b@example.com", "c@example.com"});
  const auto settlement =
      settler_->settle(message, {verdict(message, 0, End::delivered, 250, "ok"),
                                 verdict(message, 1, End::deferred, 450, "busy"),
                                 verdict(message, 2, End::failed, 550, "no such user")});
  ASSERT_TRUE(settlement.after);
  ASSERT_EQ(settlement.after->envelope.recipients.size(), 1U);
  EXPECT_EQ(settlement.after->envelope.recipients[0].address.smtp_form(), "b@example.com");
  EXPECT_THAT(types_of(settlement),
              ElementsAre(EventType::delivery, EventType::transient_failure, EventType::bounce));
  ASSERT_EQ(settlement.notices.size(), 1U);
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("Final-Recipient: rfc822; c@example.com"));
  EXPECT_THAT(*settlement.notices[0].body, testing::Not(HasSubstr("b@example.com\r\nAction")));
}

TEST_F(SettlerTest, SendsWhatHadNoRoomInTheTransactionAtOnce) {
  const QueuedMessage message = message_to({"a@example.com", "b@example.com"});
  const auto settlement = settler_->settle(
      message, {verdict(message, 0, End::delivered, 250, "ok"), verdict(message, 1, End::untried)});
  ASSERT_TRUE(settlement.after);
  EXPECT_EQ(settlement.after->due, clock_.wall());
  EXPECT_THAT(types_of(settlement), ElementsAre(EventType::delivery));
}

TEST_F(SettlerTest, CountsNoAttemptThatReachedNoRecipient) {
  const QueuedMessage message = message_to({"a@example.com"});
  const auto settlement = settler_->settle(message, {verdict(message, 0, End::untried)});
  ASSERT_TRUE(settlement.after);
  EXPECT_EQ(settlement.after->attempts, 0U);
  EXPECT_TRUE(settlement.events.empty());
}

TEST_F(SettlerTest, MakesTheLastAttemptWhenTheTimeIsOver) {
  QueuedMessage message = message_to({"b@example.com"});
  const WallTime end = message.accepted + 24h;
  clock_.advance(23h + 55min);
  message.attempts = 8;
  auto settlement = settler_->settle(message, {verdict(message, 0, End::deferred, 451, "later")});
  ASSERT_TRUE(settlement.after);
  EXPECT_EQ(settlement.after->due, end);
  EXPECT_FALSE(settler_->is_expired(message));
  clock_.advance(5min);
  EXPECT_TRUE(settler_->is_expired(message));
  settlement =
      settler_->settle(*settlement.after, {verdict(message, 0, End::deferred, 451, "later")});
  EXPECT_FALSE(settlement.after);
  EXPECT_THAT(types_of(settlement), ElementsAre(EventType::expiration));
  EXPECT_EQ(settlement.notices.size(), 1U);
}

TEST_F(SettlerTest, ExpiresWithTheLastReplyAsReason) {
  QueuedMessage message = message_to({"b@example.com"});
  message.last_response = "451 4.7.1 come back later";
  const Settlement settlement = settler_->expire(message);
  ASSERT_THAT(types_of(settlement), ElementsAre(EventType::expiration));
  EXPECT_EQ(settlement.events[0].response, "451 4.7.1 come back later");
  EXPECT_EQ(settlement.events[0].enhanced_status, "4.4.7");
  ASSERT_EQ(settlement.notices.size(), 1U);
  // RFC 3464 §2.3.4: what failed has a status of class 5.
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("Status: 5.4.7"));
}

TEST_F(SettlerTest, WarnsOfADelayOnce) {
  QueuedMessage message = message_to({"b@example.com"});
  message.queue.remote_queue = "warned";
  clock_.advance(3h);
  auto settlement = settler_->settle(message, {verdict(message, 0, End::deferred, 451, "later")});
  EXPECT_TRUE(settlement.notices.empty());
  clock_.advance(1h);
  settlement =
      settler_->settle(*settlement.after, {verdict(message, 0, End::deferred, 451, "later")});
  ASSERT_EQ(settlement.notices.size(), 1U);
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("Action: delayed"));
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("Will-Retry-Until:"));
  clock_.advance(1h);
  settlement =
      settler_->settle(*settlement.after, {verdict(message, 0, End::deferred, 451, "later")});
  EXPECT_TRUE(settlement.notices.empty());
}

TEST_F(SettlerTest, AnswersNoNullSender) {
  QueuedMessage message = message_to({"b@example.com"});
  message.envelope.sender = ReversePath();
  const auto settlement =
      settler_->settle(message, {verdict(message, 0, End::failed, 550, "no such user")});
  EXPECT_TRUE(settlement.notices.empty());
  EXPECT_THAT(types_of(settlement), ElementsAre(EventType::bounce));
}

TEST_F(SettlerTest, TellsOnlyThoseWhoAskedForIt) {
  QueuedMessage message = message_to({"b@example.com", "c@example.com"});
  message.envelope.recipients[0].notify = {.is_set = true, .never = true, .failure = false};
  message.envelope.recipients[1].notify = {.is_set = true, .success = true, .failure = false};
  const auto settlement =
      settler_->settle(message, {verdict(message, 0, End::failed, 550, "no such user"),
                                 verdict(message, 1, End::relayed, 250, "ok")});
  ASSERT_EQ(settlement.notices.size(), 1U);
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("Action: relayed"));
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("c@example.com"));
}

TEST_F(SettlerTest, ReturnsContentOnlyWhereItWasAskedFor) {
  QueuedMessage message = message_to({"b@example.com"});
  auto settlement =
      settler_->settle(message, {verdict(message, 0, End::failed, 550, "no such user")});
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("Subject: Hello"));
  EXPECT_THAT(*settlement.notices[0].body, testing::Not(HasSubstr("The text.")));
  message.envelope.dsn_return = DsnReturn::full;
  message.envelope.envelope_id = "QQ314159";
  settlement = settler_->settle(message, {verdict(message, 0, End::failed, 550, "no such user")});
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("The text."));
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("Original-Envelope-Id: QQ314159"));
}

TEST_F(SettlerTest, SendsNoticesFromTheNullSenderInTheTenantsName) {
  const QueuedMessage message = message_to({"b@example.com"});
  const auto settlement =
      settler_->settle(message, {verdict(message, 0, End::failed, 550, "no such user")});
  ASSERT_EQ(settlement.notices.size(), 1U);
  const QueuedMessage& notice = settlement.notices[0].groups.at(0);
  EXPECT_TRUE(notice.envelope.sender.is_null());
  EXPECT_EQ(notice.envelope.recipients.at(0).address.smtp_form(), "a@sender.test");
  EXPECT_TRUE(notice.envelope.recipients[0].notify.never);
  EXPECT_EQ(notice.queue.tenant.value(), "acme");
  EXPECT_EQ(notice.queue.domain.ascii(), "sender.test");
  EXPECT_EQ(settlement.notices[0].reception.type, EventType::reception);
}

TEST_F(SettlerTest, AnOperatorEndsMailWithOrWithoutTellingItsSender) {
  const QueuedMessage message = message_to({"b@example.com"});
  const Settlement quiet = settler_->bounce(message, "campaign was wrong", false);
  EXPECT_THAT(types_of(quiet), ElementsAre(EventType::admin_bounce));
  EXPECT_TRUE(quiet.notices.empty());
  const Settlement told = settler_->bounce(message, "campaign was wrong", true);
  ASSERT_EQ(told.notices.size(), 1U);
  EXPECT_THAT(*told.notices[0].body, HasSubstr("campaign was wrong"));
}

TEST_F(SettlerTest, TheRulesOfAClassThatIsGoneAreThoseOfOutbound) {
  QueuedMessage message = message_to({"b@example.com"});
  message.queue.remote_queue = "removed";
  const auto settlement =
      settler_->settle(message, {verdict(message, 0, End::deferred, 451, "later")});
  ASSERT_TRUE(settlement.after);
  EXPECT_EQ(settlement.after->due, clock_.wall() + 10min);
}

TEST_F(SettlerTest, AFailureOfTheWholeSiteIsEachRecipients) {
  const QueuedMessage message = message_to({"a@example.com", "b@example.com"});
  AttemptFailure failure;
  failure.is_permanent = true;
  failure.classification = Classification::bad_domain;
  failure.enhanced_status = "5.1.2";
  failure.text = "example.com does not exist";
  const auto settlement = settler_->settle_all(message, failure);
  EXPECT_FALSE(settlement.after);
  ASSERT_THAT(types_of(settlement), ElementsAre(EventType::bounce, EventType::bounce));
  EXPECT_EQ(settlement.events[1].recipient, "b@example.com");
  EXPECT_EQ(settlement.events[1].hard, true);
  // One notification tells of both.
  ASSERT_EQ(settlement.notices.size(), 1U);
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("a@example.com"));
  EXPECT_THAT(*settlement.notices[0].body, HasSubstr("b@example.com"));
}

}  // namespace
}  // namespace posthaste
