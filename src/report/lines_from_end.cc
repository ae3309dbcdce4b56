#include "report/lines_from_end.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace posthaste {
namespace {

constexpr std::uint64_t kChunk = 64 << 10;

}  // namespace

Result<void> LinesFromEnd::read_more() {
  // As much again as is there: however long a line is, its octets are moved a
  // few times at most.
  const std::uint64_t wanted = std::max<std::uint64_t>(kChunk, text_.size());
  const auto size = static_cast<std::size_t>(std::min(begin_, wanted));
  std::string chunk(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const auto at = static_cast<off_t>(begin_ - size + done);
    const ssize_t count = ::pread(descriptor_, chunk.data() + done, size - done, at);
    if (count < 0 && errno == EINTR) continue;
    // A file that ends early was cut while it was read.
    if (count <= 0) {
      return boost::system::error_code(count < 0 ? errno : EIO, boost::system::system_category());
    }
    done += static_cast<std::size_t>(count);
  }
  text_.insert(0, chunk);
  begin_ -= size;
  return {};
}

Result<std::uint64_t> LinesFromEnd::end() {
  while (true) {
    const std::size_t last = text_.rfind('\n');
    if (last != std::string::npos) {
      text_.resize(last + 1);
      return begin_ + last + 1;
    }
    text_.clear();
    if (begin_ == 0) return std::uint64_t{0};
    if (auto read = read_more(); !read) return read.error();
  }
}

Result<std::optional<std::string>> LinesFromEnd::next() {
  const auto line_end = end();
  if (!line_end) return line_end.error();
  if (*line_end == 0) return std::optional<std::string>();
  while (true) {
    const std::size_t before =
        text_.size() < 2 ? std::string::npos : text_.rfind('\n', text_.size() - 2);
    if (before == std::string::npos && begin_ > 0) {
      if (auto read = read_more(); !read) return read.error();
      continue;
    }
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    std::string line = text_.substr(begin, text_.size() - 1 - begin);
    text_.resize(begin);
    return std::optional<std::string>(std::move(line));
  }
}

}  // namespace posthaste
