#include "report/log_line.h"

#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>

namespace posthaste {
namespace {

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// All of `digits`, or none.
std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return number;
}

// The form that to_rfc3339() writes, and no other.
std::optional<WallTime> time_of(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000000Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !is_digit : text[i] != kForm[i]) return std::nullopt;
  }
  const auto part = [text](std::size_t at, std::size_t size) {
    return static_cast<unsigned>(*number_of(text.substr(at, size)));
  };
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(part(0, 4))),
                                         std::chrono::month(part(5, 2)),
                                         std::chrono::day(part(8, 2)));
  if (!date.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(part(11, 2)) +
         std::chrono::minutes(part(14, 2)) + std::chrono::seconds(part(17, 2)) +
         std::chrono::microseconds(part(20, 6));
}

}  // namespace

std::optional<LogLine> LogLine::parse(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto sequence = number_of(text_of(json, "event_id"));
  const auto time = time_of(text_of(json, "time"));
  if (!sequence || !time) return std::nullopt;
  return LogLine{*sequence, *time, text_of(json, "type"), text_of(json, "message_id")};
}

bool LogLine::tells(const Event& event) const {
  return time == event.time && type == to_string(event.type) && message_id == event.message_id;
}

}  // namespace posthaste
