#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/config_schema.h"

namespace posthaste {

// A day of UTC: "2026-11-01".
struct WarmupDate {
  std::chrono::sys_days day;

  static Result<WarmupDate> parse(std::string_view text);
  std::string to_string() const;
  static std::string config_type_name() { return "date as 2026-11-01"; }
  auto operator<=>(const WarmupDate&) const = default;
};

// The part of each day in which mail goes out, UTC: "08:00-20:00"; "22:00-06:00" crosses midnight.
struct DailyWindow {
  std::chrono::minutes from{0};
  std::chrono::minutes to{24 * 60};

  static Result<DailyWindow> parse(std::string_view text);
  std::string to_string() const;
  static std::string config_type_name() { return "time of day as 08:00-20:00"; }
  auto operator<=>(const DailyWindow&) const = default;

  std::chrono::minutes length() const;
  // When it is next open; `now` or before when it is open now.
  WallTime opens_at(WallTime now) const;
};

enum class WarmupMode : std::uint8_t {
  smooth,  // grows each day, and reaches a week's cap at that week's end
  step,    // a week's cap on each of its days
};

enum class WarmupPreset : std::uint8_t {
  sendgrid,  // 20 an hour on the first day, 1.4 times as many each day
};

// The warmup block of a source: how a new sending address comes to its full volume.
struct WarmupConfig {
  std::optional<WarmupDate> start;  // not set: the day of its first message
  std::vector<std::uint64_t> schedule = {100, 500, 2'000, 10'000, 50'000};  // a day, by week
  std::optional<WarmupPreset> preset;                                       // instead of schedule
  std::optional<std::uint64_t> full;  // a day, after the schedule; not set: no cap
  WarmupMode mode = WarmupMode::smooth;
  std::optional<DailyWindow> window;
  std::uint64_t min_daily = 20;  // to each provider, however small its share
  bool closed_loop = true;

  std::map<std::string, ConfigLocation> lines;
  ConfigLocation where;
};

const BlockSchema<WarmupConfig>& warmup_schema();

template <>
struct ConfigNames<WarmupMode> {
  static constexpr std::array names{std::pair{"smooth", WarmupMode::smooth},
                                    std::pair{"step", WarmupMode::step}};
};

template <>
struct ConfigNames<WarmupPreset> {
  static constexpr std::array names{std::pair{"sendgrid", WarmupPreset::sendgrid}};
};

}  // namespace posthaste
