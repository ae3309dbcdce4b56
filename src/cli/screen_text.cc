#include "cli/screen_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace posthaste {
namespace {

constexpr std::string_view kEllipsis = "…";

bool is_continuation(char octet) {
  return (static_cast<unsigned char>(octet) & 0xc0) == 0x80;
}

// Where the first `columns` end.
std::size_t offset_of(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_continuation(text[at]) && columns-- == 0) break;
    ++at;
  }
  return at;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char octet) { return !is_continuation(octet); }));
}

std::string pad_right(std::string_view text, std::size_t columns) {
  const std::size_t has = columns_of(text);
  if (has <= columns) return std::string(text) + std::string(columns - has, ' ');
  if (columns == 0) return "";
  return std::string(text.substr(0, offset_of(text, columns - 1))) + std::string(kEllipsis);
}

std::string pad_left(std::string_view text, std::size_t columns) {
  const std::size_t has = columns_of(text);
  if (has > columns) return pad_right(text, columns);
  return std::string(columns - has, ' ') + std::string(text);
}

std::string keep_end(std::string_view text, std::size_t columns) {
  const std::size_t has = columns_of(text);
  if (has <= columns || columns == 0) return pad_right(text, columns);
  return std::string(kEllipsis) + std::string(text.substr(offset_of(text, has - columns + 1)));
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns, std::size_t max_lines) {
  std::vector<std::string> lines;
  while (!text.empty() && columns > 0 && lines.size() < max_lines) {
    const bool is_last = lines.size() + 1 == max_lines;
    if (columns_of(text) <= columns || is_last) {
      lines.push_back(columns_of(text) <= columns ? std::string(text) : pad_right(text, columns));
      break;
    }
    const std::size_t room = offset_of(text, columns);
    const std::size_t space = text.rfind(' ', room);
    const bool has_space = space != std::string_view::npos && space > 0;
    lines.emplace_back(text.substr(0, has_space ? space : room));
    text.remove_prefix(has_space ? space + 1 : room);
  }
  return lines;
}

std::string with_separators(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string rate_number(double rate) {
  if (rate < 0.005) return "0";
  if (rate < 0.995) return fmt::format("{:.2f}", rate);
  if (rate < 99.95) return fmt::format("{:.1f}", rate);
  return with_separators(static_cast<std::uint64_t>(std::llround(rate)));
}

std::string sparkline(const std::vector<double>& values) {
  static constexpr std::array<std::string_view, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double highest = 0;
  for (const double value : values) highest = std::max(highest, value);
  std::string line;
  for (const double value : values) {
    const double share = highest > 0 ? std::max(0.0, value) / highest : 0;
    line += kBars[std::min<std::size_t>(7, static_cast<std::size_t>(std::lround(share * 7)))];
  }
  return line;
}

}  // namespace posthaste
