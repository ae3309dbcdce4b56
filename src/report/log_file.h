#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "report/report_config.h"

namespace posthaste {

// A file that lines are appended to, and that is put away when it is full or old: renamed to
// "NAME.20260131T235959Z", then compressed by who calls compress(). Not thread-safe; blocks.
class LogFile {
 public:
  LogFile(const LogConfig& config, Clock& clock);
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile();

  // Opens the file, and cuts off a last line that a crash left unfinished.
  Result<void> open();
  // The last whole line of the file, or of the one put away last when it is empty; "" if none.
  std::string last_line() const;

  // Appends whole lines in one write.
  Result<void> append(std::string_view lines);

  bool wants_rotation() const;
  // Puts the file away and begins a new one. Returns where the old one is now.
  Result<std::filesystem::path> rotate();

  // Compresses a file that was put away, and removes the oldest beyond `keep`. Any thread.
  static Result<void> tidy(const LogConfig& config, const std::filesystem::path& put_away);
  // The files that were put away, oldest first.
  static std::vector<std::filesystem::path> put_away(const std::filesystem::path& path);

 private:
  void close();

  const LogConfig& config_;
  Clock& clock_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  WallTime began_;
};

}  // namespace posthaste
