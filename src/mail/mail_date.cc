#include "mail/mail_date.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "mail/message.h"

namespace posthaste {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    const bool is_gap = depth > 0 || c == ' ' || c == '\t' || c == ',' || c == '\r' || c == '\n';
    if (c == ')' && depth > 0) --depth;
    if (!is_gap) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
    if (words.size() > 8) break;
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<unsigned> month_named(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (equals_ignoring_case(name.substr(0, 3), kMonths[i])) return i + 1;
  }
  return std::nullopt;
}

// RFC 5322 §4.3
std::chrono::minutes zone_offset(std::string_view zone) {
  struct Named {
    std::string_view name;
    int hours;
  };
  static constexpr Named kZones[] = {{"EDT", -4}, {"EST", -5}, {"CDT", -5}, {"CST", -6},
                                     {"MDT", -6}, {"MST", -7}, {"PDT", -7}, {"PST", -8},
                                     {"JST", 9},  {"CET", 1},  {"CEST", 2}, {"BST", 1}};
  for (const Named& named : kZones) {
    if (equals_ignoring_case(zone, named.name)) return std::chrono::hours(named.hours);
  }
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-')) return {};
  const auto hours = number(zone.substr(1, 2));
  const auto minutes = number(zone.substr(3, 2));
  if (!hours || !minutes) return {};
  const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return zone[0] == '-' ? -offset : offset;
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(':', first + 1);
  const auto hours = number(text.substr(0, first));
  const auto minutes = number(
      text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1));
  const auto seconds = second == std::string_view::npos ? 0 : number(text.substr(second + 1));
  if (!hours || !minutes || !seconds) return std::nullopt;
  if (*hours < 0 || *hours > 23 || *minutes < 0 || *minutes > 59 || *seconds < 0 || *seconds > 60) {
    return std::nullopt;
  }
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
         std::chrono::seconds(*seconds);
}

}  // namespace

std::optional<std::int64_t> parse_mail_date(std::string_view text) {
  std::vector<std::string> words = words_of(text.substr(0, 200));
  if (!words.empty() && !number(words.front())) words.erase(words.begin());
  if (words.size() < 4) return std::nullopt;
  const auto day = number(words[0]);
  const auto month = month_named(words[1]);
  auto year = number(words[2]);
  const auto time = time_of_day(words[3]);
  if (!day || !month || !year || !time || *day < 1 || *day > 31) return std::nullopt;
  if (*year >= 0 && *year < 50) *year += 2000;
  if (*year >= 50 && *year < 1000) *year += 1900;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const auto offset = words.size() > 4 ? zone_offset(words[4]) : std::chrono::minutes(0);
  const auto moment = std::chrono::sys_seconds(std::chrono::sys_days(date)) + *time - offset;
  return moment.time_since_epoch().count();
}

}  // namespace posthaste
