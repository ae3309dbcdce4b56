#include "spool/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <map>
#include <string>
#include <utility>

#include "base/temporary_folder.h"
#include "platform/io/task_group.h"
#include "platform/store/fault_env.h"
#include "spool/spool_error.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// Far from any time that a key could fail to hold.
constexpr WallTime kStart{std::chrono::hours(24 * 365 * 50)};

QueueName queue_of(const std::string& domain) {
  return {"outbound", TenantId("acme"), CampaignId(""), *Domain::parse(domain)};
}

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() { open(); }
  ~SpoolTest() override { faults_.repair_disk(); }

  void open() {
    SpoolOptions options;
    options.path = folder_.path() / "spool";
    options.memory = Bytes(100);
    options.min_free = Bytes(0);
    options.env = faults_.env();
    std::filesystem::create_directories(options.path);
    auto opened = Spool::open(options, clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    spool_ = std::move(*opened);
  }
  void reopen() {
    spool_.reset();
    open();
  }

  NewMessage message_for(const std::vector<std::string>& domains, std::string body = "body\r\n") {
    NewMessage message;
    const MessageId id = MessageId::generate(kStart + std::chrono::milliseconds(++made_));
    for (const std::string& domain : domains) {
      QueuedMessage group;
      group.id = id;
      group.group = static_cast<std::uint16_t>(message.groups.size());
      group.group_count = static_cast<std::uint16_t>(domains.size());
      group.queue = queue_of(domain);
      Recipient recipient;
      recipient.address = *MailAddress::parse("b@" + domain);
      group.envelope.recipients = {recipient};
      group.accepted = group.due = kStart + std::chrono::seconds(made_);
      message.groups.push_back(std::move(group));
    }
    message.body = std::make_shared<const std::string>(std::move(body));
    message.reception.type = EventType::reception;
    message.reception.message_id = id.to_string();
    return message;
  }

  Result<void> accept(NewMessage message) {
    boost::asio::io_context loop;
    TaskGroup tasks(loop.get_executor());
    Result<void> kept;
    tasks.spawn(accept_into(kept, std::move(message)));
    loop.run();
    return kept;
  }
  boost::asio::awaitable<void> accept_into(Result<void>& kept, NewMessage message) {
    kept = co_await spool_->accept(std::move(message));
  }

  void settle(Settlement settlement) {
    std::promise<void> applied;
    spool_->settle(std::move(settlement), [&] { applied.set_value(); });
    applied.get_future().wait();
  }
  static Settlement end_of(QueuedMessage group) {
    Settlement settlement;
    Event event;
    event.type = EventType::delivery;
    event.message_id = group.id.to_string();
    settlement.events = {event};
    settlement.before = std::move(group);
    return settlement;
  }

  std::vector<DueEntry> due_in(const std::string& domain) const {
    return spool_->due_page(queue_of(domain), {}, WallTime::max(), 1000)->entries;
  }
  std::vector<EventType> told_of(MessageId id) const {
    std::vector<EventType> types;
    const auto told = spool_->told_of(id);
    for (const Spool::Told& one : *told) {
      types.push_back(Event::decode(one.record)->type);
    }
    return types;
  }

  TemporaryFolder folder_;
  FaultEnv faults_;
  SystemClock clock_;
  std::unique_ptr<Spool> spool_;
  int made_ = 0;
};

TEST_F(SpoolTest, KeepsAcceptedMailWhenThePowerFails) {
  const NewMessage message = message_for({"a.test", "b.test"});
  ASSERT_TRUE(accept(message));
  faults_.cut_power();
  spool_.reset();
  faults_.restore_power();
  open();
  ASSERT_EQ(due_in("a.test").size(), 1U);
  ASSERT_EQ(due_in("b.test").size(), 1U);
  const auto groups = spool_->groups_of(message.groups[0].id);
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups->size(), 2U);
  EXPECT_EQ(**spool_->load_body(message.groups[0].id), "body\r\n");
  EXPECT_THAT(told_of(message.groups[0].id), ElementsAre(EventType::reception));
}

TEST_F(SpoolTest, KeepsNothingOfMailThatItRefused) {
  faults_.fill_disk();
  const NewMessage message = message_for({"a.test"});
  EXPECT_FALSE(accept(message));
  EXPECT_FALSE(spool_->is_accepting());
  EXPECT_NE(spool_->refusal(), "");
  faults_.repair_disk();
  reopen();
  EXPECT_TRUE(due_in("a.test").empty());
  EXPECT_FALSE(spool_->load_body(message.groups[0].id));
  EXPECT_TRUE(told_of(message.groups[0].id).empty());
}

TEST_F(SpoolTest, ForgetsABodyWithTheLastGroupOfItsMessage) {
  const NewMessage message = message_for({"a.test", "b.test"});
  ASSERT_TRUE(accept(message));
  const MessageId id = message.groups[0].id;
  settle(end_of(message.groups[0]));
  EXPECT_TRUE(due_in("a.test").empty());
  EXPECT_TRUE(spool_->load_body(id));
  settle(end_of(message.groups[1]));
  EXPECT_EQ(spool_->load_body(id).error().code, SpoolErrc::not_found);
  EXPECT_TRUE(spool_->groups_of(id)->empty());
  EXPECT_THAT(told_of(id),
              ElementsAre(EventType::reception, EventType::delivery, EventType::delivery));
}

TEST_F(SpoolTest, MovesAGroupToItsNextTimeInOneWrite) {
  const NewMessage message = message_for({"a.test"});
  ASSERT_TRUE(accept(message));
  Settlement settlement = end_of(message.groups[0]);
  settlement.after = message.groups[0];
  settlement.after->due += 1h;
  settlement.after->attempts = 1;
  settlement.after->last_response = "451 later";
  settle(settlement);
  reopen();
  ASSERT_EQ(due_in("a.test").size(), 1U);
  EXPECT_EQ(due_in("a.test")[0].due, message.groups[0].due + 1h);
  const auto loaded = spool_->load_records(due_in("a.test"));
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].last_response, "451 later");
}

TEST_F(SpoolTest, WritesANoticeWithTheOutcomeThatItTellsOf) {
  const NewMessage message = message_for({"a.test"});
  ASSERT_TRUE(accept(message));
  Settlement settlement = end_of(message.groups[0]);
  settlement.notices = {message_for({"sender.test"}, "notice\r\n")};
  const MessageId notice = settlement.notices[0].groups[0].id;
  settle(settlement);
  reopen();
  EXPECT_TRUE(due_in("a.test").empty());
  EXPECT_EQ(due_in("sender.test").size(), 1U);
  EXPECT_EQ(**spool_->load_body(notice), "notice\r\n");
}

TEST_F(SpoolTest, ReadsAQueuePageByPage) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(accept(message_for({"a.test"})));
  ASSERT_TRUE(accept(message_for({"b.test"})));
  const WallTime fourth = kStart + 4s;
  auto page = spool_->due_page(queue_of("a.test"), {}, fourth, 3);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->entries.size(), 3U);
  EXPECT_FALSE(page->is_last);
  DueEntry from = page->entries.back();
  ++from.group;
  page = spool_->due_page(queue_of("a.test"), from, fourth, 3);
  EXPECT_EQ(page->entries.size(), 1U);
  EXPECT_TRUE(page->is_last);
  ASSERT_TRUE(page->next);
  EXPECT_EQ(page->next->due, kStart + 5s);
}

TEST_F(SpoolTest, FindsEachQueueOnce) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(accept(message_for({"a.test", "b.test"})));
  std::vector<std::string> found;
  ASSERT_TRUE(spool_->visit_queues([&](QueueName name, DueEntry first) {
    found.push_back(name.domain.ascii());
    EXPECT_EQ(first.due, kStart + 1s);
    return true;
  }));
  EXPECT_THAT(found, ElementsAre("a.test", "b.test"));
}

TEST_F(SpoolTest, CountsWhatWasThereWhenTheViewWasTaken) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(accept(message_for({"a.test", "b.test"})));
  const auto view = spool_->view();
  ASSERT_TRUE(accept(message_for({"b.test", "c.test"})));
  std::map<std::string, std::uint64_t> counts;
  ASSERT_TRUE(spool_->count_entries(*view, [&](QueueName name, std::uint64_t count) {
    counts[name.to_string()] = count;
    return true;
  }));
  EXPECT_EQ(counts, (std::map<std::string, std::uint64_t>{{"outbound/tenant=acme/a.test", 3},
                                                          {"outbound/tenant=acme/b.test", 3}}));
}

TEST_F(SpoolTest, HoldsNoMoreBodiesThanItsBudget) {
  SharedBody first = spool_->hold(std::make_shared<const std::string>(60, 'x'));
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(spool_->hold(std::make_shared<const std::string>(60, 'y')), nullptr);
  EXPECT_EQ(spool_->held_bytes(), 60U);
  first.reset();
  EXPECT_EQ(spool_->held_bytes(), 0U);
  EXPECT_NE(spool_->hold(std::make_shared<const std::string>(60, 'y')), nullptr);
}

TEST_F(SpoolTest, LeavesBodiesOnDiskWhenTheBudgetIsSpent) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(accept(message_for({"a.test"}, std::string(80, 'x'))));
  }
  const auto messages = spool_->load(due_in("a.test"));
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(std::count_if(messages.begin(), messages.end(),
                          [](const QueuedMessage& one) { return one.body != nullptr; }),
            1);
}

TEST_F(SpoolTest, ForgetsOldEventsButNeverTheLast) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(accept(message_for({"a.test"})));
  const std::uint64_t last = spool_->last_told();
  spool_->forget_told(last + 100, kStart);
  ASSERT_TRUE(spool_->sync());
  const auto left = spool_->told(0, 10);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->front().sequence, last);
  reopen();
  ASSERT_TRUE(accept(message_for({"a.test"})));
  EXPECT_EQ(spool_->last_told(), last + 1);
}

TEST_F(SpoolTest, OutcomesWaitForADiskThatFailsAndAreWrittenInOrder) {
  const NewMessage message = message_for({"a.test"});
  ASSERT_TRUE(accept(message));
  faults_.break_disk();
  EXPECT_FALSE(accept(message_for({"a.test"})));
  Settlement settlement = end_of(message.groups[0]);
  settlement.after = message.groups[0];
  settlement.after->due += 1h;
  std::promise<void> first;
  std::promise<void> second;
  spool_->settle(settlement, [&] { first.set_value(); });
  spool_->settle(end_of(*settlement.after), [&] { second.set_value(); });
  faults_.repair_disk();
  first.get_future().wait();
  second.get_future().wait();
  EXPECT_TRUE(due_in("a.test").empty());
  EXPECT_FALSE(spool_->load_body(message.groups[0].id));
}

TEST_F(SpoolTest, FindsStateByItsPrefix) {
  spool_->put_state("a/1", "x");
  spool_->put_state("a/2", "y");
  spool_->put_state("b/1", "z");
  spool_->remove_state("a/1");
  ASSERT_TRUE(spool_->sync());
  const auto found = spool_->scan_state("a/");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().first, "a/2");
  EXPECT_EQ(**spool_->get_state("b/1"), "z");
}

}  // namespace
}  // namespace posthaste
