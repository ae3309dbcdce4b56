#include "queue/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "mail/mail_error.h"
#include "queue/queue_fixture.h"
#include "spool/spool_error.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class AdmissionTest : public QueueTest, public AdmissionObserver {
 protected:
  // What the configuration says is as it is then.
  void open() {
    start();
    suppressor = std::make_unique<Suppressor>(Suppressor::Parts{*spool, clock, disk}, suppression);
    admission = std::make_unique<Admission>(
        Admission::Parts{*spool, *manager, *settler, clock, suppressor.get(), return_paths, this});
  }

  ReceivedMessage received(const std::vector<std::string>& recipients) const {
    ReceivedMessage message;
    message.id = MessageId::generate(clock.wall());
    message.envelope.sender = *ReversePath::parse("a@sender.test");
    for (const std::string& address : recipients) {
      Recipient recipient;
      recipient.address = *MailAddress::parse(address);
      message.envelope.recipients.push_back(std::move(recipient));
    }
    message.body = std::make_shared<const std::string>("Subject: Hello\r\n\r\nThe text.\r\n");
    message.tags.tenant = TenantId("acme");
    message.arrival.time = clock.wall();
    message.arrival.listener = "submission";
    message.arrival.peer_address = "192.0.2.50";
    message.arrival.session_id = "s-1";
    message.arrival.tls_version = "TLSv1.3";
    message.arrival.tls_cipher = "TLS_AES_256_GCM_SHA384";
    message.facts = {"a@sender.test", "Hello"};
    message.form.author_domain = "sender.test";
    return message;
  }
  Result<void> admit(ReceivedMessage message) {
    Result<void> result = Error{MailErrc::busy, "it has not answered"};
    tasks.spawn(admit_into(result, std::move(message)));
    run();
    return result;
  }
  void suppress(const std::string& address, const std::string& stream = "") {
    Suppression entry;
    entry.address = *MailAddress::parse(address);
    entry.tenant = TenantId(stream.empty() ? "" : "acme");
    entry.stream = stream;
    entry.reason = SuppressionReason::complaint;
    entry.since = clock.wall();
    tasks.spawn(add(*suppressor, {entry}));
    run();
  }

  RemoteQueueConfig& add_class(const std::string& name, const std::string& recipient_domain) {
    queues.insert(queues.begin(), RemoteQueueConfig());
    queues.front().name = name;
    queues.front().match.recipient_domain = {recipient_domain};
    return queues.front();
  }
  static ReceivedMessage from_brand(ReceivedMessage message) {
    message.form.author_domain = "brand.test";
    return message;
  }
  static std::shared_ptr<const ReturnPaths> paths_below(const std::string& domain) {
    ReturnPathOptions options;
    options.domain = *Domain::parse(domain);
    return std::make_shared<const ReturnPaths>(
        options, *ReturnPathCodec::create({"an example of a key, 32 octets.."}));
  }

  void on_broken_rule(SenderRule rule, bool is_refused) override {
    (is_refused ? refused : warned).push_back(rule);
  }
  void on_list_headers(ListHeaders headers) override { list_headers.push_back(headers); }

  // The queues that hold anything.
  std::set<std::string> held() const {
    std::set<std::string> names;
    for (const QueueState& one : manager->list()) {
      if (one.depth > 0) names.insert(one.name.to_string());
    }
    return names;
  }
  std::vector<EventType> types_told() const {
    std::vector<EventType> types;
    const auto records = spool->told(0, 1000);
    for (const Spool::Told& one : *records) types.push_back(Event::decode(one.record)->type);
    return types;
  }

  SuppressionConfig suppression;
  std::shared_ptr<const ReturnPaths> return_paths;
  std::unique_ptr<Suppressor> suppressor;
  std::unique_ptr<Admission> admission;
  std::vector<SenderRule> warned;
  std::vector<SenderRule> refused;
  std::vector<ListHeaders> list_headers;

 private:
  boost::asio::awaitable<void> admit_into(Result<void>& result, ReceivedMessage message) {
    result = co_await admission->take(std::move(message));
  }
  static boost::asio::awaitable<void> add(Suppressor& suppressor, std::vector<Suppression> all) {
    const Result<void> added = co_await suppressor.add(std::move(all));
    EXPECT_TRUE(added);
  }
};

// --- what is taken

TEST_F(AdmissionTest, QueuesAGroupForEachDomainInTheClassThatTheRulesChoose) {
  add_class("partners", "other.test");
  open();
  const ReceivedMessage message = received({"b@example.com", "c@other.test", "d@example.com"});
  ASSERT_TRUE(admit(message));
  const auto groups = *spool->groups_of(message.id);
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[0].queue.to_string(), "outbound/tenant=acme/example.com");
  EXPECT_EQ(groups[1].queue.to_string(), "partners/tenant=acme/other.test");
  ASSERT_THAT(groups[0].envelope.recipients, SizeIs(2));
  EXPECT_EQ(groups[0].envelope.recipients[1].address.smtp_form(), "d@example.com");
  EXPECT_EQ(groups[1].group, 1U);
  EXPECT_EQ(groups[1].group_count, 2U);
  EXPECT_THAT(take_names(), ElementsAre("b"));
  const auto taken = take("mx.other.test");
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(*taken[0].body, *message.body);
  EXPECT_EQ(taken[0].accepted, message.arrival.time);
}

TEST_F(AdmissionTest, ChoosesAClassByTheHeader) {
  queues.insert(queues.begin(), RemoteQueueConfig());
  queues.front().name = "urgent";
  queues.front().match.header = {"subject: ^Hello$"};
  open();
  ASSERT_TRUE(admit(received({"b@example.com"})));
  EXPECT_THAT(held(), ElementsAre("urgent/tenant=acme/example.com"));
}

TEST_F(AdmissionTest, TellsOfAReception) {
  open();
  ReceivedMessage message = received({"b@example.com", "c@other.test"});
  message.tags.campaign = CampaignId("spring");
  message.tags.meta = {{"order", "17"}};
  message.dkim_domains = {"sender.test"};
  ASSERT_TRUE(admit(message));
  ASSERT_THAT(told(EventType::reception), SizeIs(1));
  const Event event = told(EventType::reception)[0];
  EXPECT_EQ(event.message_id, message.id.to_string());
  EXPECT_EQ(event.time, message.arrival.time);
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.campaign, "spring");
  EXPECT_EQ(event.sender, "a@sender.test");
  EXPECT_THAT(event.recipients, ElementsAre("b@example.com", "c@other.test"));
  EXPECT_EQ(event.recipient, "") << "of several, none is the one";
  EXPECT_EQ(event.listener, "submission");
  EXPECT_EQ(event.peer_address, "192.0.2.50");
  EXPECT_EQ(event.tls_version, "TLSv1.3");
  EXPECT_EQ(event.session_id, "s-1");
  EXPECT_THAT(event.dkim_domains, ElementsAre("sender.test"));
  EXPECT_THAT(event.meta, ElementsAre(testing::Pair("order", "17")));

  ASSERT_TRUE(admit(received({"b@example.com"})));
  EXPECT_EQ(told(EventType::reception)[1].recipient, "b@example.com");
  EXPECT_EQ(told(EventType::reception)[1].recipient_domain, "example.com");
}

TEST_F(AdmissionTest, TellsOfTheFieldsOfALists) {
  open();
  ReceivedMessage message = received({"b@example.com"});
  message.list_headers = ListHeaders::added;
  message.lacks_cfbl_signature = true;
  ASSERT_TRUE(admit(message));
  EXPECT_THAT(told(EventType::reception)[0].meta,
              ElementsAre(testing::Pair("cfbl_address", "not_signed"),
                          testing::Pair("list_unsubscribe", "added")));
  EXPECT_THAT(list_headers, ElementsAre(ListHeaders::added));
}

// --- only what the spool has

TEST_F(AdmissionTest, TakesNothingThatTheSpoolCannotKeep) {
  open();
  faults.break_disk();
  EXPECT_FALSE(admit(received({"b@example.com"})));
  EXPECT_FALSE(admission->is_accepting());
  EXPECT_THAT(held(), IsEmpty());
  EXPECT_THAT(observer.known, IsEmpty());
  faults.repair_disk();
  restart();
  EXPECT_THAT(held(), IsEmpty());
  EXPECT_THAT(told(EventType::reception), IsEmpty());
}

TEST_F(AdmissionTest, TakesNothingMoreOnceItIsStopped) {
  open();
  EXPECT_TRUE(admission->is_accepting());
  admission->stop();
  EXPECT_FALSE(admission->is_accepting());
  const auto taken = admit(received({"b@example.com"}));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, SpoolErrc::stopping);
  EXPECT_THAT(types_told(), IsEmpty());
}

// --- the rules for senders

TEST_F(AdmissionTest, LooksAtNoRuleWhereTheClassAcceptsAll) {
  open();
  ReceivedMessage message = from_brand(received({"b@example.com"}));
  message.form.broken = {SenderRule::valid_date};
  ASSERT_TRUE(admit(message));
  EXPECT_THAT(told(EventType::reception)[0].meta, IsEmpty());
}

TEST_F(AdmissionTest, TellsWhatIsBrokenWhereTheClassWarns) {
  queues[0].unaligned = RulePolicy::warn;
  open();
  ReceivedMessage message = from_brand(received({"b@example.com"}));
  message.form.broken = {SenderRule::valid_date};
  // Whoever sends cannot say it for us.
  message.tags.meta = {{"alignment", "perfect"}, {"broken_rules", "none"}};
  ASSERT_TRUE(admit(message));
  EXPECT_THAT(told(EventType::reception)[0].meta,
              ElementsAre(testing::Pair("alignment", "dkim=none return_path=none"),
                          testing::Pair("broken_rules", "valid_date, from_alignment")));
  EXPECT_THAT(warned, ElementsAre(SenderRule::valid_date, SenderRule::from_alignment));
  EXPECT_THAT(refused, IsEmpty());
  EXPECT_THAT(take_names(), ElementsAre("b"));
}

TEST_F(AdmissionTest, TellsHowFromIsAlignedWhereNothingIsBroken) {
  queues[0].unaligned = RulePolicy::reject;
  open();
  ReceivedMessage message = received({"b@example.com"});
  message.dkim_domains = {"mail.sender.test"};
  ASSERT_TRUE(admit(message));
  EXPECT_THAT(told(EventType::reception)[0].meta,
              ElementsAre(testing::Pair("alignment", "dkim=relaxed return_path=strict")));
}

TEST_F(AdmissionTest, RefusesWhatIsBrokenWhereTheClassRejects) {
  queues[0].unaligned = RulePolicy::reject;
  open();
  ReceivedMessage message = from_brand(received({"b@example.com"}));
  message.form.broken = {SenderRule::valid_date};
  const auto taken = admit(message);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, MailErrc::against_rules);
  EXPECT_THAT(taken.error().detail,
              testing::MatchesRegex("the message breaks rules for senders of \"outbound\" mail\n"
                                    "valid_date: [^\n]+\nfrom_alignment: [^\n]+"));
  EXPECT_THAT(refused, ElementsAre(SenderRule::valid_date, SenderRule::from_alignment));
  EXPECT_THAT(warned, IsEmpty());
  EXPECT_THAT(held(), IsEmpty());
  EXPECT_THAT(types_told(), IsEmpty());
}

// There is no half of a message.
TEST_F(AdmissionTest, RefusesAMessageAsAWholeForOneOfItsClasses) {
  add_class("strict", "other.test").unaligned = RulePolicy::reject;
  open();
  EXPECT_TRUE(admit(from_brand(received({"b@example.com"}))));
  const auto taken = admit(from_brand(received({"b@example.com", "c@other.test"})));
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().detail, HasSubstr("senders of \"strict\" mail"));
  EXPECT_THAT(take_names(), ElementsAre("b"));
  EXPECT_THAT(take_names("mx.other.test"), IsEmpty());
}

TEST_F(AdmissionTest, AsksOfEachClassWhatItAsksAndTellsEachRuleOnce) {
  RemoteQueueConfig& bulk = add_class("bulk", "other.test");
  bulk.bulk = true;
  bulk.unaligned = RulePolicy::warn;
  queues[1].unaligned = RulePolicy::warn;
  open();
  ASSERT_TRUE(admit(from_brand(received({"b@example.com", "c@other.test"}))));
  EXPECT_THAT(warned, ElementsAre(SenderRule::from_alignment, SenderRule::dkim_signature,
                                  SenderRule::one_click_unsubscribe));
}

TEST_F(AdmissionTest, ComparesFromWithTheReturnPathThatTheMessageWillHave) {
  queues[0].unaligned = RulePolicy::reject;
  return_paths = paths_below("bounces.brand.test");
  open();
  EXPECT_TRUE(admit(from_brand(received({"b@example.com"}))));
  EXPECT_EQ(told(EventType::reception)[0].meta.at("alignment"), "dkim=none return_path=relaxed");
  EXPECT_EQ(take_one().envelope.sender.smtp_form(), "a@sender.test") << "the sender that was given";
  admission->set_return_paths(paths_below("bounces.else.test"));
  EXPECT_FALSE(admit(from_brand(received({"b@example.com"}))));
  admission->set_return_paths(nullptr);
  EXPECT_FALSE(admit(from_brand(received({"b@example.com"}))));
  EXPECT_TRUE(admit(received({"b@example.com"})));
}

TEST_F(AdmissionTest, ComparesFromWithSignaturesAloneWhereTheSenderIsNull) {
  queues[0].unaligned = RulePolicy::reject;
  return_paths = paths_below("bounces.sender.test");
  open();
  ReceivedMessage message = received({"b@example.com"});
  message.envelope.sender = {};
  EXPECT_FALSE(admit(message));
  message.dkim_domains = {"sender.test"};
  EXPECT_TRUE(admit(message));
}

// --- suppressed recipients

TEST_F(AdmissionTest, RefusesMailForNobodyButSuppressedRecipients) {
  open();
  suppress("b@example.com");
  const auto taken = admit(received({"b@example.com"}));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, MailErrc::suppressed);
  EXPECT_THAT(taken.error().detail, HasSubstr("suppressed: complaint"));
  EXPECT_THAT(types_told(), ElementsAre(EventType::suppressed));
  const Event event = told(EventType::suppressed)[0];
  EXPECT_EQ(event.recipient, "b@example.com");
  EXPECT_EQ(event.smtp_code, 550U);
  EXPECT_THAT(held(), IsEmpty());
}

TEST_F(AdmissionTest, LeavesOutSuppressedRecipients) {
  open();
  suppress("b@example.com");
  suppress("c@other.test");
  const ReceivedMessage message =
      received({"b@example.com", "c@other.test", "d@sender.test", "e@example.com"});
  ASSERT_TRUE(admit(message));
  EXPECT_THAT(types_told(),
              ElementsAre(EventType::reception, EventType::suppressed, EventType::suppressed));
  const auto groups = *spool->groups_of(message.id);
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[1].group, 1U);
  EXPECT_EQ(groups[1].group_count, 2U);
  EXPECT_THAT(take_names("mx.other.test"), IsEmpty());
  settle(take_one(), End::delivered);
  settle(take_one("mx.sender.test"), End::delivered);
  EXPECT_FALSE(spool->load_body(message.id)) << "none of its groups is left";
}

TEST_F(AdmissionTest, TakesMailForSuppressedRecipientsWhereNobodyIsToldAtReception) {
  suppression.at_reception = SuppressionAnswer::accept;
  open();
  suppress("b@example.com");
  EXPECT_TRUE(admit(received({"b@example.com"})));
  EXPECT_THAT(types_told(), ElementsAre(EventType::reception, EventType::suppressed));
  EXPECT_THAT(held(), IsEmpty());
}

// They are stopped before they are delivered.
TEST_F(AdmissionTest, QueuesSuppressedRecipientsWhereTheirSendersHearByMail) {
  suppression.at_reception = SuppressionAnswer::accept;
  suppression.notify_sender = true;
  open();
  suppress("b@example.com");
  EXPECT_TRUE(admit(received({"b@example.com"})));
  EXPECT_THAT(types_told(), ElementsAre(EventType::reception));
  EXPECT_THAT(take_names(), ElementsAre("b"));
}

TEST_F(AdmissionTest, AsksTheSuppressionListForTenantAndStream) {
  open();
  suppress("b@example.com", "news");
  EXPECT_TRUE(admit(received({"b@example.com"})));
  ReceivedMessage message = received({"b@example.com"});
  message.tags.stream = "news";
  EXPECT_FALSE(admit(message));
  message.tags.tenant = TenantId("somebody");
  EXPECT_TRUE(admit(message));
}

TEST_F(AdmissionTest, TellsNothingOfRecipientsOfWhatItRefuses) {
  queues[0].unaligned = RulePolicy::reject;
  open();
  suppress("b@example.com");
  const auto taken = admit(from_brand(received({"b@example.com"})));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, MailErrc::against_rules);
  EXPECT_THAT(types_told(), IsEmpty());
}

}  // namespace
}  // namespace posthaste
