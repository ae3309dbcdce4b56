#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/temporary_folder.h"
#include "inbound/complaint_desk.h"
#include "inbound/return_path_handler.h"
#include "platform/io/task_group.h"
#include "route/return_paths.h"
#include "route/suppressor.h"
#include "spool/spool.h"

namespace posthaste {

// A server that takes mail at b.sender.test: its outbox, and who writes to it. A message has gone
// to victim@recipient.test.
class InboundTest : public testing::Test {
 protected:
  InboundTest() { tell_sent(id, {"victim@recipient.test"}); }
  ~InboundTest() override {
    bounces.stop();
    disk.join();
  }

  static MailAddress address(const std::string& text) { return *MailAddress::parse(text); }

  static std::unique_ptr<Spool> open_spool(const TemporaryFolder& folder, Clock& clock) {
    SpoolOptions options;
    options.path = folder.path() / "spool";
    std::filesystem::create_directories(options.path);
    auto opened = Spool::open(options, clock);
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }
  static std::shared_ptr<const ReturnPaths> make_paths() {
    ReturnPathOptions options;
    options.domain = *Domain::parse("b.sender.test");
    return std::make_shared<const ReturnPaths>(
        options, *ReturnPathCodec::create({"0123456789abcdef0123456789abcdef"}));
  }
  MailAddress path_for(const std::string& recipient) const {
    return {paths->codec().make(id, address(recipient)), *Domain::parse("b.sender.test")};
  }
  // Of a transaction with several recipients.
  MailAddress path_for_all() const {
    return {paths->codec().make(id), *Domain::parse("b.sender.test")};
  }

  // What the outbox knows of a message: its acceptance, and a delivery to each recipient.
  void tell_sent(MessageId sent, const std::vector<std::string>& recipients) {
    Event reception;
    reception.time = clock.wall();
    reception.message_id = sent.to_string();
    reception.tenant = "acme";
    reception.campaign = "spring";
    reception.stream = "news";
    reception.sender = "a@sender.test";
    reception.recipients = recipients;
    std::vector<Event> events{reception};
    for (const std::string& recipient : recipients) {
      Event delivery = reception;
      delivery.type = EventType::delivery;
      delivery.recipients.clear();
      delivery.recipient = recipient;
      delivery.source = "out1";
      delivery.provider = "gmail";
      events.push_back(delivery);
    }
    for (const Event& event : events) spool->tell(event);
    EXPECT_TRUE(spool->sync());
    told_before = spool->last_told();
  }

  static SharedInboundMail mail(const std::string& octets, const std::string& sender = "",
                                bool is_authentic = false) {
    auto made = std::make_shared<InboundMail>();
    made->message.envelope.sender = *ReversePath::parse(sender);
    made->message.body = std::make_shared<const std::string>(octets);
    made->message.arrival.listener = "mx";
    made->message.arrival.peer_address = "192.0.2.9";
    made->check.results = "mta.test; spf=none";
    made->check.is_authentic = is_authentic;
    return made;
  }

  HandlingOutcome take(AddressHandler& handler, SharedInboundMail one, MailAddress to) {
    HandlingOutcome outcome;
    tasks.spawn(take_one(handler, std::move(one), std::move(to), outcome));
    finish();
    return outcome;
  }
  boost::asio::awaitable<void> take_one(AddressHandler& handler, SharedInboundMail one,
                                        MailAddress to, HandlingOutcome& outcome) {
    outcome = co_await handler.take(std::move(one), std::move(to));
  }
  void finish() {
    loop.restart();
    const auto guard = boost::asio::make_work_guard(loop);
    while (!tasks.empty()) loop.run_one();
  }

  // What was told since the message went out.
  std::vector<Event> told() {
    std::vector<Event> events;
    const auto all = spool->told(told_before + 1, 1000);
    EXPECT_TRUE(all);
    for (const Spool::Told& one : *all) events.push_back(*Event::decode(one.record));
    return events;
  }

  TemporaryFolder folder;
  ManualClock clock;
  SystemClock system_clock;  // of the spool, whose committer is a thread of its own
  std::unique_ptr<Spool> spool = open_spool(folder, system_clock);
  boost::asio::io_context loop{1};
  TaskGroup tasks{loop.get_executor()};
  const MessageId id = MessageId::generate(clock.wall());
  std::uint64_t told_before = 0;
  BlockingPool disk{1};
  Suppressor suppressor{{*spool, clock, disk}, {}};
  std::shared_ptr<const ReturnPaths> paths = make_paths();
  ComplaintDesk desk{{*spool, suppressor, disk, clock, Log::to_nowhere(clock)}};
  ReturnPathHandler bounces{{*spool, suppressor, desk, clock, Log::to_nowhere(clock)}};
};

}  // namespace posthaste
