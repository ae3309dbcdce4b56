#include "platform/config_value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <numeric>

namespace posthaste {
namespace {

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

template <class T>
Result<T> parse_whole(const std::string& text, T min, T max) {
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc::result_out_of_range || (ec == std::errc() && (value < min || value > max))) {
    return bad_config_value(fmt::format("\"{}\" is out of range: use {} to {}", text, min, max));
  }
  if (ec != std::errc() || end != text.data() + text.size()) {
    return bad_config_value(fmt::format("\"{}\" is no whole number: write digits only", text));
  }
  return value;
}

}  // namespace

Error bad_config_value(std::string what) {
  return {ConfigErrc::bad_value, std::move(what)};
}

std::string join_choices(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text.append("\"").append(words[i]).append("\"");
  }
  return text;
}

std::string nearest_word(std::string_view word, std::span<const std::string_view> words) {
  // Beyond this no name of ours is near; long ones would only cost time.
  if (word.size() > 64) return {};
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view candidate : words) {
    const std::size_t steps = distance(word, candidate);
    if (steps < least) {
      least = steps;
      nearest = candidate;
    }
  }
  return std::string(nearest);
}

Result<std::uint64_t> parse_config_integer(const std::string& text, std::uint64_t max) {
  return parse_whole<std::uint64_t>(text, 0, max);
}

Result<std::int64_t> parse_config_signed(const std::string& text, std::int64_t min,
                                         std::int64_t max) {
  return parse_whole<std::int64_t>(text, min, max);
}

Result<bool> ConfigValue<bool>::parse(const std::string& text) {
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return bad_config_value(fmt::format("\"{}\" is neither true nor false: use one of these", text));
}

Result<double> ConfigValue<double>::parse(const std::string& text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return bad_config_value(fmt::format("\"{}\" is no number: write one as in 1.5", text));
  }
  return value;
}

std::string ConfigValue<double>::print(double value) {
  return fmt::format("{}", value);
}

}  // namespace posthaste
