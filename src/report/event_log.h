#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/io/blocking_pool.h"
#include "platform/log.h"
#include "report/log_file.h"
#include "report/outbox_follower.h"
#include "report/report_config.h"

namespace posthaste {

// Writes events as JSON lines, each exactly once, in order. The cursor in the spool says how far
// it has come; after a crash the file itself knows better, and what it holds is not told again.
// A log that cannot be written waits, and says so; mail does not notice.
//
// Lives on the report loop.
class EventLog {
 public:
  struct Parts {
    Spool& spool;
    Clock& clock;
    TaskGroup& tasks;
    BlockingPool& disk;  // compresses files that were put away
    Log log;
  };
  EventLog(Parts parts, LogConfig config);

  // Opens the file, finds the place to go on, and begins. On the loop.
  void start();
  // Writes what is there now. On the loop, before its tasks are cancelled.
  void finish();

  std::uint64_t position() const { return follower_.position(); }

 private:
  bool write(const std::vector<Spool::Told>& batch);
  void complain(const Error& error);
  std::string cursor_key() const { return "cursor/log/" + config_.name; }
  std::uint64_t saved_cursor() const;

  Parts parts_;
  LogConfig config_;
  std::set<EventType> types_;  // empty: all
  LogFile file_;
  OutboxFollower follower_;
  bool is_failing_ = false;
};

}  // namespace posthaste
