#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// Reads comma-separated values (RFC 4180) record by record, however long the file is. Lines may
// end in CRLF or LF; a quoted field may hold commas, quotes and line ends.
class CsvReader {
 public:
  explicit CsvReader(std::istream& in) : in_(in) {}

  // The next record; empty at the end. Blank lines are left out. Errors: a quote that does not
  // end, or text behind it; reading goes on with the next line.
  Result<std::vector<std::string>> next();
  // The line on which the record read last began, from 1 on.
  std::uint64_t line() const { return line_; }

 private:
  bool read_line(std::string& line);

  std::istream& in_;
  std::uint64_t line_ = 0;
  std::uint64_t lines_read_ = 0;
};

// A field as CsvReader reads it back.
std::string csv_field(std::string_view text);
// The fields as one line, with its CRLF.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace posthaste
