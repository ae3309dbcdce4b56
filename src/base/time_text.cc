#include "base/time_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

#include "base/ascii.h"

namespace posthaste {
namespace {

using std::chrono::microseconds;

// Takes `count` digits off the front, and then `separator` where it is not 0.
std::optional<int> take_number(std::string_view& text, std::size_t count, char separator) {
  if (text.size() < count || !std::all_of(text.begin(), text.begin() + count, is_digit)) {
    return std::nullopt;
  }
  int value = 0;
  std::from_chars(text.data(), text.data() + count, value);
  text.remove_prefix(count);
  if (separator != 0) {
    if (text.empty() || text.front() != separator) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

microseconds take_fraction(std::string_view& text) {
  microseconds fraction{0};
  if (!text.starts_with('.')) return fraction;
  text.remove_prefix(1);
  for (microseconds digit{100'000}; !text.empty() && is_digit(text.front()); digit /= 10) {
    fraction += digit * (text.front() - '0');
    text.remove_prefix(1);
  }
  return fraction;
}

// "Z", "+02:00", "-05:30"
std::optional<std::chrono::minutes> take_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, ':');
  const auto minutes = hours ? take_number(text, 2, 0) : std::nullopt;
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::minutes(sign * (*hours * 60 + *minutes));
}

std::optional<WallTime> parse_unix_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t kYear9999 = 253'402'300'799;
  if (ec != std::errc() || seconds < 0 || seconds > kYear9999) return std::nullopt;
  return WallTime(std::chrono::seconds(seconds));
}

}  // namespace

// RFC 3339 §5.6
std::optional<WallTime> parse_time_text(std::string_view text) {
  using namespace std::chrono;
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)) {
    return parse_unix_seconds(text);
  }
  const auto year_number = take_number(text, 4, '-');
  const auto month_number = year_number ? take_number(text, 2, '-') : std::nullopt;
  const auto day_number = month_number ? take_number(text, 2, 0) : std::nullopt;
  if (!day_number || text.empty() || (text[0] != 'T' && text[0] != 't' && text[0] != ' ')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const auto hour = take_number(text, 2, ':');
  const auto minute = hour ? take_number(text, 2, ':') : std::nullopt;
  const auto second = minute ? take_number(text, 2, 0) : std::nullopt;
  const year_month_day date(year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number)));
  if (!second || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const microseconds fraction = take_fraction(text);
  const auto offset = take_offset(text);
  if (!offset) return std::nullopt;
  return WallTime(sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second) + fraction -
         *offset;
}

std::string day_text(std::chrono::sys_days day) {
  return to_rfc3339(WallTime(day)).substr(0, 10);
}

}  // namespace posthaste
