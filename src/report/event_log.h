#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/io/blocking_pool.h"
#include "platform/io/task_group.h"
#include "platform/log.h"
#include "report/log_file.h"
#include "report/outbox_follower.h"
#include "report/report_config.h"

namespace posthaste {

// Writes events as JSON lines, each exactly once, in order. A log that cannot
// be written waits, and says so; mail does not notice.
//
// Invariants:
// 1. The cursor in the spool stands behind no event whose line is not synced.
// It follows once a
//    second, for a sync of every batch would take the disk's time from mail.
// 2. The files may be ahead of the cursor, never behind. After a crash they
// show the place
//    (log_place.h), and what they hold is not told again.
// 3. So a file is compressed, which hides its lines, only when the saved cursor
// stands behind it.
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
    SyncFile sync = ::fdatasync;
  };
  EventLog(Parts parts, LogConfig config);

  // Opens the file, finds the place to go on, and begins. On the loop.
  void start();
  // Writes what is there now, as far as it takes no longer than a moment; the
  // rest is told after the next start. On the loop, before its tasks are
  // cancelled.
  void finish();

  // The last event that is told for good.
  std::uint64_t position() const { return secured_; }

 private:
  boost::asio::awaitable<void> keep_secure();
  bool write(const std::vector<Spool::Told>& batch);
  std::string lines_of(const std::vector<Spool::Told>& batch) const;
  bool take_up();
  bool secure();
  bool put_away();
  void tidy();
  bool fail(const Error& error);
  std::optional<std::uint64_t> saved_cursor(const std::string& key) const;
  std::uint64_t first_cursor();

  Parts parts_;
  LogConfig config_;
  std::set<EventType> types_;  // empty: all
  LogFile file_;
  OutboxFollower follower_;
  bool is_taken_up_ = false;   // the file was opened, and its place is known
  std::uint64_t place_ = 0;    // events up to here are in the files that were found
  std::uint64_t secured_ = 0;  // and up to here the cursor may stand
  // Files to be compressed when the saved cursor has come to `hidden_up_to_`.
  std::vector<std::filesystem::path> put_away_;
  std::uint64_t hidden_up_to_ = 0;
  bool wants_tidying_ = false;
  bool is_failing_ = false;
};

}  // namespace posthaste
