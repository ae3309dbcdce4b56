#include "report/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <system_error>
#include <utility>

namespace posthaste {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCompressed = ".zst";

Error file_error(const fs::path& path, int number) {
  const boost::system::error_code ec(number, boost::system::system_category());
  return {ec, path.string() + ": " + ec.message()};
}

// "20260131T235959Z"
std::string compact(WallTime time) {
  std::string text;
  for (const char c : to_rfc3339(time).substr(0, 19)) {
    if (c != '-' && c != ':') text.push_back(c);
  }
  return text + "Z";
}

// The last line that ends, read from the end; "" if none.
std::string last_line_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  constexpr std::streamoff kTail = 1 << 20;  // longer than any event
  const std::streamoff size = file.tellg();
  const std::streamoff from = std::max<std::streamoff>(0, size - kTail);
  std::string tail(static_cast<std::size_t>(size - from), '\0');
  file.seekg(from);
  file.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  const std::size_t end = tail.rfind('\n');
  if (end == std::string::npos) return {};
  const std::size_t before = end == 0 ? std::string::npos : tail.rfind('\n', end - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return tail.substr(begin, end - begin);
}

}  // namespace

LogFile::LogFile(const LogConfig& config, Clock& clock) : config_(config), clock_(clock) {}

LogFile::~LogFile() {
  close();
}

void LogFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<void> LogFile::open() {
  close();
  std::error_code ec;
  if (config_.path.has_parent_path()) fs::create_directories(config_.path.parent_path(), ec);
  descriptor_ = ::open(config_.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor_ < 0) return file_error(config_.path, errno);
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return file_error(config_.path, errno);
  size_ = static_cast<std::uint64_t>(status.st_size);
  began_ = clock_.wall();
  // Back to the last line end.
  while (size_ > 0) {
    char last = 0;
    if (::pread(descriptor_, &last, 1, static_cast<off_t>(size_ - 1)) != 1 || last == '\n') break;
    --size_;
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0)
    return file_error(config_.path, errno);
  return {};
}

std::string LogFile::last_line() const {
  std::string line = last_line_of(config_.path);
  if (!line.empty()) return line;
  const auto files = put_away(config_.path);
  if (files.empty() || files.back().extension() == kCompressed) return {};
  return last_line_of(files.back());
}

Result<void> LogFile::append(std::string_view lines) {
  if (descriptor_ < 0) {
    if (auto opened = open(); !opened) return opened;
  }
  const std::uint64_t before = size_;
  while (!lines.empty()) {
    const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int number = errno;
      // What was written of the batch is taken back: it will be written again, whole.
      if (::ftruncate(descriptor_, static_cast<off_t>(before)) == 0) size_ = before;
      close();
      return file_error(config_.path, number);
    }
    size_ += static_cast<std::uint64_t>(written);
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

bool LogFile::wants_rotation() const {
  if (size_ == 0) return false;
  const auto age = clock_.wall() - began_;
  return size_ >= config_.max_size.count() || age >= config_.max_age;
}

Result<fs::path> LogFile::rotate() {
  fs::path target = config_.path;
  target += "." + compact(clock_.wall());
  std::error_code ec;
  for (int n = 1; fs::exists(target, ec) || fs::exists(target.string() + kCompressed, ec); ++n) {
    target = config_.path;
    target += "." + compact(clock_.wall()) + "-" + std::to_string(n);
  }
  fs::rename(config_.path, target, ec);
  if (ec) return file_error(target, ec.value());
  if (auto opened = open(); !opened) return opened.error();
  return target;
}

std::vector<fs::path> LogFile::put_away(const fs::path& path) {
  std::vector<fs::path> files;
  std::error_code ec;
  const std::string prefix = path.filename().string() + ".";
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name.starts_with(prefix) && name.size() > prefix.size() &&
                         name[prefix.size()] >= '0' && name[prefix.size()] <= '9';
    if (is_ours && !name.ends_with(".tmp")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<void> LogFile::tidy(const LogConfig& config, const fs::path& put_away_file) {
  std::error_code ec;
  if (config.compress && put_away_file.extension() != kCompressed) {
    std::ifstream in(put_away_file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size =
        ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3);
    if (ZSTD_isError(size)) return file_error(put_away_file, EIO);
    const fs::path temporary = put_away_file.string() + kCompressed + ".tmp";
    std::ofstream out(temporary, std::ios::binary);
    out.write(packed.data(), static_cast<std::streamsize>(size));
    out.close();
    if (!out) return file_error(temporary, EIO);
    fs::rename(temporary, put_away_file.string() + kCompressed, ec);
    if (ec) return file_error(temporary, ec.value());
    fs::remove(put_away_file, ec);
  }
  auto files = put_away(config.path);
  while (files.size() > config.keep) {
    fs::remove(files.front(), ec);
    files.erase(files.begin());
  }
  return {};
}

}  // namespace posthaste
