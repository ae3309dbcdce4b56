#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// How a file of values departs from RFC 4180.
struct CsvForm {
  char separator = ',';
  bool is_trimmed = false;  // spaces around a field are no part of it
  std::size_t most_fields = std::numeric_limits<std::size_t>::max();  // further ones are left out
};

// Reads comma-separated values (RFC 4180) record by record, however long the file is. Lines may
// end in CRLF or LF; a quoted field may hold separators, quotes and line ends.
class CsvReader {
 public:
  explicit CsvReader(std::istream& in, CsvForm form = {}) : in_(in), form_(form) {}

  // The next record; empty at the end. Blank lines are left out. Errors: a quote that does not
  // end, or text behind it; reading goes on with the next line.
  Result<std::vector<std::string>> next();
  // The line on which the record read last began, from 1 on.
  std::uint64_t line() const { return line_; }

 private:
  bool read_line(std::string& line);
  // The field that begins at `at`, which is moved to its end.
  Result<std::string> take_field(std::string& line, std::size_t& at);
  Result<std::string> take_quoted(std::string& line, std::size_t& at);

  std::istream& in_;
  const CsvForm form_;
  std::uint64_t line_ = 0;
  std::uint64_t lines_read_ = 0;
};

// A field as CsvReader reads it back.
std::string csv_field(std::string_view text);
// The fields as one line, with its CRLF.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace posthaste
