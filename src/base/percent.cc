#include "base/percent.h"

#include <fmt/format.h>

#include <algorithm>

namespace posthaste {
namespace {

constexpr std::uint32_t kOne = 10'000;  // millionths in a per cent
constexpr std::size_t kDecimals = 4;

Error no_percentage(std::string_view text) {
  return {
      make_error_code(boost::system::errc::invalid_argument),
      fmt::format("\"{}\" is no percentage: write one as \"5%\" or \"0.1%\", 100% at most", text)};
}

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Percent> Percent::parse(std::string_view text) {
  std::string_view number = text;
  if (!number.ends_with('%')) return no_percentage(text);
  number.remove_suffix(1);
  if (number.ends_with(' ')) number.remove_suffix(1);
  const std::size_t point = number.find('.');
  const std::string_view whole = number.substr(0, point);
  const std::string_view part =
      point == std::string_view::npos ? std::string_view() : number.substr(point + 1);
  const bool is_written_well = !whole.empty() && whole.size() <= 3 && part.size() <= kDecimals &&
                               are_digits(whole) && are_digits(part) &&
                               (point == std::string_view::npos || !part.empty());
  if (!is_written_well) return no_percentage(text);
  std::uint32_t millionths = 0;
  for (const char digit : whole)
    millionths = millionths * 10 + static_cast<std::uint32_t>(digit - '0');
  for (std::size_t i = 0; i < kDecimals; ++i) {
    const auto digit = i < part.size() ? static_cast<std::uint32_t>(part[i] - '0') : 0;
    millionths = millionths * 10 + digit;
  }
  if (millionths > 100 * kOne) return no_percentage(text);
  return Percent(millionths);
}

std::string Percent::to_string() const {
  std::string text = fmt::format("{}.{:04}", millionths_ / kOne, millionths_ % kOne);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text + "%";
}

}  // namespace posthaste
