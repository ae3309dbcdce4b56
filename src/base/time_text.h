#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace posthaste {

// A moment as options such as --now take it: Unix seconds ("1528637909"), or RFC 3339 with any
// offset ("2018-06-10T13:38:29Z", "2018-06-10T15:38:29.5+02:00").
std::optional<WallTime> parse_time_text(std::string_view text);

// "2026-11-26", UTC.
std::string day_text(std::chrono::sys_days day);

}  // namespace posthaste
