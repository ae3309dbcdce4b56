#include "route/warmup_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr auto kDay = std::chrono::minutes(24h);

// The number that all of `text` is, or -1.
int digits(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return -1;
  int number = 0;
  for (const char digit : text) number = number * 10 + (digit - '0');
  return number;
}

// "08:30" to minutes since midnight; -1 for anything else.
int minutes_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return -1;
  const int hours = digits(text.substr(0, 2));
  const int minutes = digits(text.substr(3));
  const bool is_time =
      hours >= 0 && minutes >= 0 && minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0));
  return is_time ? hours * 60 + minutes : -1;
}

std::vector<ConfigProblem> check_warmup(const WarmupConfig& warmup) {
  std::vector<ConfigProblem> problems;
  const auto& schedule = warmup.schedule;
  if (schedule.empty()) {
    problems.push_back({"schedule", "has no week: write the cap of each week, as {100, 500}"});
  } else if (!std::is_sorted(schedule.begin(), schedule.end())) {
    problems.push_back(
        {"schedule", "falls: each week's cap must be that of the week before or more"});
  } else if (warmup.full && !warmup.preset && *warmup.full < schedule.back()) {
    problems.push_back({"full", fmt::format("{} is less than the schedule's last week, {}: leave "
                                            "out the weeks that are not wanted",
                                            *warmup.full, schedule.back())});
  }
  if (warmup.preset && warmup.lines.contains("schedule")) {
    problems.push_back({"preset", "stands beside a schedule of your own: leave out one of them"});
  }
  return problems;
}

}  // namespace

Result<WarmupDate> WarmupDate::parse(std::string_view text) {
  const auto bad = [text] {
    return bad_config_value("\"" + std::string(text) + "\" is no date: write it as 2026-11-01");
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return bad();
  const int year = digits(text.substr(0, 4));
  const int month = digits(text.substr(5, 2));
  const int day = digits(text.substr(8, 2));
  if (year < 1970 || month < 0 || day < 0) return bad();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return bad();
  return WarmupDate{std::chrono::sys_days(date)};
}

std::string WarmupDate::to_string() const {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

Result<DailyWindow> DailyWindow::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  const int from = minutes_of(text.substr(0, dash));
  const int to = dash == std::string_view::npos ? -1 : minutes_of(text.substr(dash + 1));
  if (from < 0 || to < 0 || from == to || from == 24 * 60) {
    return bad_config_value("\"" + std::string(text) +
                            "\" is no part of a day: write from and to as 08:00-20:00 (UTC)");
  }
  return DailyWindow{std::chrono::minutes(from), std::chrono::minutes(to)};
}

std::string DailyWindow::to_string() const {
  return fmt::format("{:02}:{:02}-{:02}:{:02}", from / 1h, from % 1h / 1min, to / 1h,
                     to % 1h / 1min);
}

std::chrono::minutes DailyWindow::length() const {
  return to > from ? to - from : to - from + kDay;
}

WallTime DailyWindow::opens_at(WallTime now) const {
  const auto midnight = std::chrono::floor<std::chrono::days>(now);
  // The latest opening that is not in the future: that of today, or of yesterday.
  WallTime opened = midnight + from;
  if (opened > now) opened -= kDay;
  return now < opened + length() ? now : opened + kDay;
}

const BlockSchema<WarmupConfig>& warmup_schema() {
  using Warmup = WarmupConfig;
  static const auto schema =
      BlockSchema<Warmup>("warmup", BlockKind::single,
                          "A new address comes to its full volume step by step; mail above its cap "
                          "goes to the other sources of the pool, or waits.")
          .location(&Warmup::where)
          .key_lines(&Warmup::lines)
          .key("start", &Warmup::start,
               "The first day, UTC; not set, the day of the first message. Days before this "
               "server's first message are taken for warm-up done elsewhere.")
          .key("schedule", &Warmup::schedule,
               "Messages a day in each week, all providers together.",
               {.min = std::uint64_t{1}, .max = std::uint64_t{1'000'000'000}})
          .key("preset", &Warmup::preset,
               "A table instead of the schedule: \"sendgrid\" begins with 20 an hour and grows by "
               "1.4 each day.")
          .key("full", &Warmup::full,
               "Messages a day after the schedule; not set, there is no cap then.",
               {.min = std::uint64_t{1}})
          .key("mode", &Warmup::mode,
               "smooth grows each day up to the week's cap; step has that cap on all its days.")
          .key("window", &Warmup::window,
               "The part of the day over which a day's mail is spread; not set, all of it.")
          .key("min_daily", &Warmup::min_daily,
               "Messages a day to each provider, however small its share.")
          .key("closed_loop", &Warmup::closed_loop,
               "Whether bounces, deferrals and complaints hold the schedule back.")
          .validate(check_warmup);
  return schema;
}

}  // namespace posthaste
