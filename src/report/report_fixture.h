#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/temporary_folder.h"
#include "event/event.h"
#include "mail/message_id.h"
#include "platform/io/task_group.h"
#include "platform/store/store.h"
#include "spool/spool.h"

namespace posthaste {

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// A spool and the report loop, which the test runs by hand. `clock` belongs to
// the loop; the spool has the system's, for its committer is a thread of its
// own.
class ReportTest : public testing::Test {
 protected:
  ReportTest() { open_spool("spool"); }
  ~ReportTest() override { stop_tasks(); }

  void open_spool(const std::string& name) {
    spool.reset();
    SpoolOptions options;
    options.path = folder.path() / name;
    std::filesystem::create_directories(options.path);
    auto opened = Spool::open(options, system_clock);
    ASSERT_TRUE(opened) << opened.error().message();
    spool = std::move(*opened);
  }

  Event event_of(EventType type) const {
    Event event;
    event.type = type;
    event.time = clock.wall();
    event.message_id = MessageId::generate(clock.wall()).to_string();
    event.recipient = "b@example.com";
    return event;
  }

  // An event that no reader can decode, of a message with this id; in the place of a damaged disk.
  void tell_damaged(const std::string& name, MessageId id) {
    spool.reset();
    StoreOptions options;
    options.path = folder.path() / name;
    options.families = {{"bodies", true},
                        {"messages", false},
                        {"due", false},
                        {"outbox", false},
                        {"timeline", false},
                        {"state", false},
                        {.name = "list", .is_mostly_missed = true}};
    options.log = Family{3};
    {
      auto store = Store::open(options, system_clock);
      ASSERT_TRUE(store) << store.error().message();
      Batch batch;
      batch.append(Family{3}, "\xff\xff\xff", Family{4}, std::string(id.as_key()));
      (*store)->commit(std::move(batch), Durability::rides_along, nullptr);
    }
    open_spool(name);
  }

  // Returns when the spool has written all that it was given.
  void settle() {
    std::promise<bool> written;
    spool->put_state("test/fence", "",
                     [&written](bool is_written) { written.set_value(is_written); });
    ASSERT_TRUE(written.get_future().get());
  }
  void tell(const std::vector<Event>& events) {
    for (const Event& event : events) spool->tell(event);
    settle();
  }
  void tell(std::size_t count, EventType type = EventType::delivery) {
    tell(std::vector<Event>(count, event_of(type)));
  }

  // Runs the loop until it has nothing to do at this moment.
  void run() {
    loop.restart();
    loop.poll();
  }
  void advance(Clock::duration by) {
    clock.advance(by);
    run();
  }
  void stop_tasks() {
    tasks.cancel();
    run();
  }

  TemporaryFolder folder;
  ManualClock clock;
  SystemClock system_clock;
  std::unique_ptr<Spool> spool;
  boost::asio::io_context loop{1};
  TaskGroup tasks{loop.get_executor()};
};

}  // namespace posthaste
