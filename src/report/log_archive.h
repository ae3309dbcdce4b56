#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "report/report_config.h"

namespace posthaste {

// The files in which a log was put away, beside it: "NAME.20260131T235959Z",
// for the second of one second "NAME.20260131T235959Z-1", and ".zst" behind it
// once it is compressed. Whatever else lies there is not touched. A copy is
// cheap; any thread; blocks.
class LogArchive {
 public:
  explicit LogArchive(const LogConfig& config)
      : path_(config.path), keep_(config.keep), compress_(config.compress) {}

  // A name that is free, for a file that is put away now.
  std::filesystem::path new_name(WallTime now) const;
  // What was put away, oldest first. Of a file and its compressed copy only the
  // file: a crash came between the two, and the copy is made anew.
  std::vector<std::filesystem::path> files() const;
  // Those that are to be compressed and are not.
  std::vector<std::filesystem::path> unpacked() const;

  // Removes the oldest beyond those to keep, and compresses these. Requires: no
  // file is given to two calls at once.
  Result<void> tidy(const std::vector<std::filesystem::path>& put_away) const;

 private:
  struct Entry {
    std::string stamp;
    std::uint32_t number = 0;  // within the second
    bool is_packed = false;
    std::filesystem::path path;
  };
  std::vector<Entry> entries() const;
  void remove_oldest() const;

  std::filesystem::path path_;
  std::uint32_t keep_;
  bool compress_;
};

// True for a file that LogArchive has compressed.
bool is_packed(const std::filesystem::path& file);

}  // namespace posthaste
