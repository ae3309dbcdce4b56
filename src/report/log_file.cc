#include "report/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "report/lines_from_end.h"
#include "report/log_archive.h"
#include "report/log_line.h"

namespace posthaste {

namespace fs = std::filesystem;

LogFile::LogFile(const LogConfig& config, Clock& clock, SyncFile sync)
    : config_(config), clock_(clock), sync_(std::move(sync)) {}

Result<void> LogFile::open() {
  std::error_code ec;
  if (config_.path.has_parent_path()) fs::create_directories(config_.path.parent_path(), ec);
  auto opened = FileHandle::open(config_.path, O_RDWR | O_CREAT | O_APPEND);
  if (!opened) return opened.error();
  file_ = std::move(*opened);
  Result<void> ready = look();
  if (ready) ready = cut_unfinished_line();
  if (!ready) {
    file_.close();
    return ready;
  }
  synced_size_ = std::min(synced_size_, size_);
  has_failed_ = false;
  // What another process wrote may still be on its way.
  is_dirty_ = true;
  began_ = time_of_first_line();
  return {};
}

Result<void> LogFile::look() {
  struct stat status {};
  if (::fstat(file_.descriptor(), &status) != 0) return file_error(config_.path, errno);
  const Identity identity{status.st_dev, status.st_ino};
  is_regular_ = S_ISREG(status.st_mode);
  size_ = is_regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
  if (identity == identity_) return {};
  // What another file holds was not written here: none of it is taken back.
  identity_ = identity;
  synced_size_ = size_;
  has_failed_ = false;
  return {};
}

Result<void> LogFile::cut_unfinished_line() {
  if (!is_regular_) return {};
  LinesFromEnd lines(file_.descriptor(), has_failed_ ? std::min(size_, synced_size_) : size_);
  const auto end = lines.end();
  if (!end) return file_error(config_.path, end.error().code.value());
  if (*end == size_) return {};
  if (::ftruncate(file_.descriptor(), static_cast<off_t>(*end)) != 0) {
    return file_error(config_.path, errno);
  }
  size_ = *end;
  return {};
}

WallTime LogFile::time_of_first_line() const {
  if (size_ == 0) return clock_.wall();
  std::string first;
  std::ifstream file(config_.path, std::ios::binary);
  if (!std::getline(file, first)) return clock_.wall();
  const auto line = LogLine::parse(first);
  return line ? line->time : clock_.wall();
}

void LogFile::give_up() {
  file_.close();
  has_failed_ = true;
}

Result<void> LogFile::append(std::string_view lines) {
  if (!file_.is_open()) {
    if (auto opened = open(); !opened) return opened;
  }
  if (lines.empty()) return {};
  is_dirty_ = true;
  if (auto written = file_.write(lines); !written) {
    give_up();
    return written;
  }
  size_ += lines.size();
  return {};
}

Result<void> LogFile::sync() {
  if (!file_.is_open() || !is_dirty_ || !is_regular_) return {};
  Result<void> synced;
  if (sync_(file_.descriptor()) != 0) synced = file_error(config_.path, errno);
  // A new file's name, or the one that the last was put away under.
  if (synced && synced_size_ == 0) synced = sync_folder_of(config_.path);
  if (!synced) {
    give_up();
    return synced;
  }
  synced_size_ = size_;
  is_dirty_ = false;
  return {};
}

bool LogFile::is_at_its_path() const {
  struct stat status {};
  if (::stat(config_.path.c_str(), &status) != 0) return false;
  return Identity{status.st_dev, status.st_ino} == identity_;
}

bool LogFile::wants_rotation() const {
  if (!file_.is_open()) return false;
  if (!is_at_its_path()) return true;
  if (size_ == 0 || !is_regular_) return false;
  return size_ >= config_.max_size.count() || clock_.wall() - began_ >= config_.max_age;
}

Result<std::optional<fs::path>> LogFile::rotate() {
  std::optional<fs::path> put_away;
  if (is_at_its_path()) {
    if (!is_regular_) return file_error(config_.path, EINVAL);
    fs::path target = LogArchive(config_).new_name(clock_.wall());
    std::error_code ec;
    fs::rename(config_.path, target, ec);
    const bool is_gone = ec == std::errc::no_such_file_or_directory;
    if (ec && !is_gone) return file_error(target, ec.value());
    if (!is_gone) put_away = std::move(target);
  }
  file_.close();
  identity_ = {};
  return put_away;
}

}  // namespace posthaste
