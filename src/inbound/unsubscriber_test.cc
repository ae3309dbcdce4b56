#include "inbound/unsubscriber.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <functional>

#include "base/temporary_folder.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;

const std::vector<std::string> kWishKeys = {"a key of return paths, 32 octets"};

class UnsubscriberTest : public testing::Test {
 protected:
  UnsubscriberTest() {
    SpoolOptions options;
    options.path = folder_.path() / "spool";
    std::filesystem::create_directories(options.path);
    auto opened = Spool::open(options, clock_);
    spool_ = std::move(*opened);
    suppressor_ = std::make_unique<Suppressor>(Suppressor::Parts{*spool_, clock_, disk_},
                                               SuppressionConfig());
    unsubscriber_ =
        std::make_unique<Unsubscriber>(Unsubscriber::Parts{*spool_, *suppressor_, clock_, disk_});
    EXPECT_TRUE(unsubscriber_->set_keys(kWishKeys));
  }
  ~UnsubscriberTest() override { disk_.join(); }

  UnsubscribeToken token() const {
    return {.id = id_,
            .recipient = *MailAddress::parse("b@recipient.test"),
            .tenant = TenantId("acme"),
            .campaign = CampaignId("spring"),
            .stream = "news"};
  }
  std::string link() const { return UnsubscribeCodec::create(kWishKeys)->make(token()); }
  LocalPart address() const {
    return ReturnPathCodec::create(kWishKeys, AddressUse::unsubscribes)
        ->make(id_, token().recipient);
  }

  UnsubscribeOutcome by_link(const std::string& text) {
    return run(unsubscriber_->unsubscribe(text));
  }
  UnsubscribeOutcome by_mail(const LocalPart& local, const std::string& subject) {
    return run(unsubscriber_->unsubscribe_by_mail(local, subject));
  }

  // Every event that was told.
  std::vector<Event> events() const {
    std::vector<Event> events;
    const auto told = spool_->told(0, 100);
    for (const Spool::Told& one : *told) events.push_back(*Event::decode(one.record));
    return events;
  }
  void accept_message() {
    Event reception;
    reception.type = EventType::reception;
    reception.time = clock_.wall();
    reception.message_id = id_.to_string();
    reception.tenant = "acme";
    reception.campaign = "spring";
    reception.stream = "news";
    reception.recipients = {"c@recipient.test", "b@recipient.test"};
    spool_->tell(reception);
    EXPECT_TRUE(spool_->sync());
  }
  void list(SuppressionReason reason, const std::string& stream) {
    Suppression entry;
    entry.address = token().recipient;
    entry.tenant = TenantId("acme");
    entry.stream = stream;
    entry.reason = reason;
    entry.since = clock_.wall();
    std::vector<Suppression> entries{entry};
    tasks_.spawn(add(std::move(entries)));
    run_all();
  }

  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Unsubscriber> unsubscriber_;
  MessageId id_ = *MessageId::parse("0190b6a3-7c1f-7d2e-8a51-0123456789ab");

 private:
  asio::awaitable<void> add(std::vector<Suppression> entries) {
    const Result<void> added = co_await suppressor_->add(std::move(entries));
    EXPECT_TRUE(added);
  }
  static asio::awaitable<void> keep(asio::awaitable<Result<UnsubscribeOutcome>> work,
                                    std::optional<Result<UnsubscribeOutcome>>& outcome) {
    outcome = co_await std::move(work);
  }
  UnsubscribeOutcome run(asio::awaitable<Result<UnsubscribeOutcome>> work) {
    std::optional<Result<UnsubscribeOutcome>> outcome;
    tasks_.spawn(keep(std::move(work), outcome));
    run_all();
    EXPECT_TRUE(*outcome);
    return **outcome;
  }
  void run_all() {
    while (!tasks_.empty()) {
      loop_.restart();
      ASSERT_NE(loop_.run_one_for(std::chrono::seconds(20)), 0U) << "nothing happens";
    }
  }

  TemporaryFolder folder_;
  SystemClock clock_;
  BlockingPool disk_{1};
  asio::io_context loop_{1};
  TaskGroup tasks_{loop_.get_executor()};
  std::unique_ptr<Suppressor> suppressor_;
};

TEST_F(UnsubscriberTest, TellsWhoWantsNoMoreOfWhat) {
  EXPECT_EQ(by_link(link()), UnsubscribeOutcome::done);
  ASSERT_EQ(events().size(), 1U);
  const Event event = events().front();
  EXPECT_EQ(event.type, EventType::unsubscribe);
  EXPECT_EQ(event.recipient, "b@recipient.test");
  EXPECT_EQ(event.recipient_domain, "recipient.test");
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.campaign, "spring");
  EXPECT_EQ(event.stream, "news");
  EXPECT_EQ(event.message_id, id_.to_string());
  EXPECT_EQ(event.meta.at("way"), "one_click");
}

TEST_F(UnsubscriberTest, TellsNothingTwice) {
  list(SuppressionReason::unsubscribe, "news");
  EXPECT_EQ(by_link(link()), UnsubscribeOutcome::already);
  EXPECT_TRUE(events().empty());
}

TEST_F(UnsubscriberTest, IsNotContentWithAnEntryOfAnotherKind) {
  list(SuppressionReason::manual, "news");
  EXPECT_EQ(by_link(link()), UnsubscribeOutcome::done);
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(UnsubscriberTest, RefusesTokensOfOthers) {
  std::string forged = link();
  forged.back() = forged.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(by_link(forged), UnsubscribeOutcome::bad_token);
  const LocalPart bounce = ReturnPathCodec::create(kWishKeys)->make(id_, token().recipient);
  EXPECT_EQ(by_mail(bounce, "unsubscribe " + link()), UnsubscribeOutcome::bad_token);
  EXPECT_FALSE(unsubscriber_->is_ours(bounce));
  EXPECT_TRUE(unsubscriber_->is_ours(address()));
  EXPECT_TRUE(unsubscriber_->set_keys({}));
  EXPECT_EQ(by_link(link()), UnsubscribeOutcome::bad_token);
  EXPECT_FALSE(unsubscriber_->set_keys({"short"}));
  EXPECT_TRUE(events().empty());
}

TEST_F(UnsubscriberTest, TakesTheSubjectOfOurMailtoLink) {
  EXPECT_EQ(by_mail(address(), "Re: unsubscribe " + link() + " "), UnsubscribeOutcome::done);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events().front().stream, "news");
  EXPECT_EQ(events().front().meta.at("way"), "mailto");
}

TEST_F(UnsubscriberTest, LooksAtTheEventsWhereTheSubjectSaysNothing) {
  accept_message();
  EXPECT_EQ(by_mail(address(), "stop it"), UnsubscribeOutcome::done);
  ASSERT_EQ(events().size(), 2U);
  const Event event = events().back();
  EXPECT_EQ(event.recipient, "b@recipient.test");
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.stream, "news");
}

TEST_F(UnsubscriberTest, SaysWhenTheMessageIsForgotten) {
  EXPECT_EQ(by_mail(address(), "stop it"), UnsubscribeOutcome::forgotten);
  // The subject of another message is no help.
  UnsubscribeToken other = token();
  other.id = MessageId();
  EXPECT_EQ(by_mail(address(), UnsubscribeCodec::create(kWishKeys)->make(other)),
            UnsubscribeOutcome::forgotten);
  EXPECT_TRUE(events().empty());
}

}  // namespace
}  // namespace posthaste
