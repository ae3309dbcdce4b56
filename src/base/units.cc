#include "base/units.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

Error malformed(std::string detail) {
  return {make_error_code(boost::system::errc::invalid_argument), std::move(detail)};
}

// Splits "500MB" into 500 and "MB".
std::optional<std::pair<std::uint64_t, std::string_view>> split_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return std::pair{number, text};
}

struct TimeUnit {
  std::string_view name;
  Duration length;
};

// Largest first: to_string takes the first that divides.
constexpr std::array<TimeUnit, 8> kTimeUnits{{{"w", 168h},
                                              {"d", 24h},
                                              {"h", 1h},
                                              {"m", 1min},
                                              {"s", 1s},
                                              {"ms", 1ms},
                                              {"us", 1us},
                                              {"ns", 1ns}}};

struct SizeUnit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<SizeUnit, 8> kSizeUnits{{{"GiB", 1ULL << 30},
                                              {"GB", 1'000'000'000},
                                              {"MiB", 1ULL << 20},
                                              {"MB", 1'000'000},
                                              {"KiB", 1ULL << 10},
                                              {"KB", 1'000},
                                              {"B", 1},
                                              {"", 1}}};

std::optional<Duration> rate_period(std::string_view name) {
  if (name == "s" || name == "sec" || name == "second") return 1s;
  if (name == "m" || name == "min" || name == "minute") return 1min;
  if (name == "h" || name == "hour") return 1h;
  if (name == "d" || name == "day") return 24h;
  return std::nullopt;
}

std::string_view rate_period_name(Duration period) {
  if (period == 1s) return "s";
  if (period == 1min) return "min";
  if (period == 1h) return "hour";
  return "day";
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr Duration kLongest = 24h * 366 * 100;
  if (const auto split = split_number(text)) {
    for (const TimeUnit& unit : kTimeUnits) {
      if (split->second != unit.name) continue;
      if (split->first > static_cast<std::uint64_t>(kLongest / unit.length)) {
        return malformed("duration \"" + std::string(text) + "\" is too long: at most 100 years");
      }
      return unit.length * static_cast<std::int64_t>(split->first);
    }
  }
  return malformed(
      "\"" + std::string(text) +
      "\" is no duration: write a number and a unit, as in \"30s\" \"5m\" \"2h\" \"4d\"");
}

std::string to_string(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  for (const TimeUnit& unit : kTimeUnits) {
    if (unit.name != "w" && duration % unit.length == Duration::zero()) {
      return std::to_string(duration / unit.length) + std::string(unit.name);
    }
  }
  return std::to_string(duration.count()) + "ns";
}

Result<Bytes> Bytes::parse(std::string_view text) {
  if (const auto split = split_number(text)) {
    for (const SizeUnit& unit : kSizeUnits) {
      if (split->second != unit.name) continue;
      if (split->first > std::numeric_limits<std::uint64_t>::max() / unit.factor) break;
      return Bytes(split->first * unit.factor);
    }
  }
  return malformed("\"" + std::string(text) +
                   "\" is no size: write a number and a unit, as in \"50MB\" or \"64MiB\"");
}

std::string Bytes::to_string() const {
  for (const SizeUnit& unit : kSizeUnits) {
    if (count_ != 0 && unit.factor > 1 && count_ % unit.factor == 0) {
      return std::to_string(count_ / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(count_);
}

Result<Rate> Rate::parse(std::string_view text) {
  if (text == "unlimited") return Rate();
  if (const auto split = split_number(text); split && split->second.starts_with('/')) {
    const auto period = rate_period(split->second.substr(1));
    if (period && split->first > 0 && split->first <= 1'000'000'000)
      return Rate(split->first, *period);
  }
  return malformed(
      "\"" + std::string(text) +
      "\" is no rate: write a count and a period, as in \"100/s\" \"10000/hour\" \"500/day\"");
}

std::string Rate::to_string() const {
  if (is_unlimited()) return "unlimited";
  return std::to_string(count_) + "/" + std::string(rate_period_name(period_));
}

}  // namespace posthaste
