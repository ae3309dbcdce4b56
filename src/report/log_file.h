#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "report/file_handle.h"
#include "report/report_config.h"

namespace posthaste {

// Brings what was written to a descriptor onto the medium, as fdatasync(2)
// does. Tests give one that fails, or that remembers what a power cut would
// leave.
using SyncFile = std::function<int(int descriptor)>;

// A file that lines are appended to, and that is put away when it is full or
// old (log_archive.h). Its age is that of its first line, so that it does not
// begin anew with the server. Not thread-safe; blocks.
//
// What is no regular file, as /dev/null or a pipe, is only written to: it has no lines to come back
// to, and to rename a device would take it from every program of the machine.
//
// After a failure the file is closed, and all that was appended since the last
// sync() is cut off when it is opened again: who writes begins anew from there.
class LogFile {
 public:
  LogFile(const LogConfig& config, Clock& clock, SyncFile sync = ::fdatasync);
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Opens the file, and cuts off a last line that a crash left unfinished.
  Result<void> open();

  // Appends whole lines in one write. Opens the file when it is closed.
  Result<void> append(std::string_view lines);
  // Brings all that was appended onto the medium; at once when nothing was.
  Result<void> sync();

  // The file is full or old, or somebody has removed or renamed it.
  bool wants_rotation() const;
  // Puts the file away; the next append() begins a new one. Returns where the
  // old one is now: none when somebody has removed it. Requires: sync() has
  // succeeded since the last append().
  Result<std::optional<std::filesystem::path>> rotate();

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
  };

  // Which file it is, and how large.
  Result<void> look();
  Result<void> cut_unfinished_line();
  WallTime time_of_first_line() const;
  bool is_at_its_path() const;
  void give_up();

  const LogConfig& config_;
  Clock& clock_;
  SyncFile sync_;
  FileHandle file_;
  Identity identity_;
  bool is_regular_ = true;
  std::uint64_t size_ = 0;
  std::uint64_t synced_size_ = 0;
  bool is_dirty_ = false;    // not all that the file holds is known to be on the medium
  bool has_failed_ = false;  // what is behind synced_size_ is not wanted
  WallTime began_;
};

}  // namespace posthaste
