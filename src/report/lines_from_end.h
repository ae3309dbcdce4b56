#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace posthaste {

// Reads a file from its end, line by line, lines of any length. A line ends
// with '\n'; what stands behind the last one was left unfinished and is no
// line. Not thread-safe; blocks.
class LinesFromEnd {
 public:
  // Reads the first `size` octets of the file. Requires: `descriptor` stays
  // open.
  LinesFromEnd(int descriptor, std::uint64_t size) : descriptor_(descriptor), begin_(size) {}

  // Where the last line ends that next() has not given yet; 0 when there is
  // none.
  Result<std::uint64_t> end();
  // The next line towards the beginning, without its '\n'; none when there are
  // no more.
  Result<std::optional<std::string>> next();

 private:
  // Puts what stands in front of `text_` before it. Requires: begin_ > 0.
  Result<void> read_more();

  int descriptor_;
  std::uint64_t begin_;  // where `text_` stands in the file
  std::string text_;     // read, and not given yet
};

}  // namespace posthaste
