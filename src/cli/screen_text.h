#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

// Text for a screen of fixed columns. One code point is taken for one column.

std::size_t columns_of(std::string_view text);

// Exactly so many columns: padded, or cut off with "…" at the end (or, where the end tells more, at
// the beginning).
std::string pad_right(std::string_view text, std::size_t columns);
std::string pad_left(std::string_view text, std::size_t columns);
std::string keep_end(std::string_view text, std::size_t columns);

// In lines of at most so many columns, at most `max_lines`, broken at spaces where there are any.
std::vector<std::string> wrap(std::string_view text, std::size_t columns, std::size_t max_lines);

// "1,203,442".
std::string with_separators(std::uint64_t number);
// Events a second with as many digits as tell anything: "0", "0.25", "12.3", "1,234".
std::string rate_number(double rate);
// One bar a value, the highest as high as the line: "▁▃█".
std::string sparkline(const std::vector<double>& values);

}  // namespace posthaste
