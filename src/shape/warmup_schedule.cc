#include "shape/warmup_schedule.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace posthaste {
namespace {

constexpr std::size_t kWeek = 7;
constexpr double kMostGrowth = 1.6;  // of one day over the day before

std::vector<std::uint64_t> stepwise(const std::vector<std::uint64_t>& weeks) {
  std::vector<std::uint64_t> caps;
  for (const std::uint64_t cap : weeks) caps.insert(caps.end(), kWeek, cap);
  return caps;
}

std::vector<std::uint64_t> smoothly(std::vector<std::uint64_t> weeks,
                                    std::optional<std::uint64_t> full) {
  if (full && *full > weeks.back()) weeks.push_back(*full);
  std::vector<std::uint64_t> caps(kWeek, weeks.front());
  auto yesterday = static_cast<double>(weeks.front());
  for (std::size_t week = 1; week < weeks.size(); ++week) {
    const auto before = static_cast<double>(weeks[week - 1]);
    const double growth = static_cast<double>(weeks[week]) / before;
    // The clamp can keep a week from its goal; the days it takes longer are added.
    for (std::size_t day = 1; day <= kWeek || yesterday < static_cast<double>(weeks[week]); ++day) {
      const double part = std::min(1.0, static_cast<double>(day) / kWeek);
      yesterday = std::min(before * std::pow(growth, part), yesterday * kMostGrowth);
      caps.push_back(static_cast<std::uint64_t>(std::llround(yesterday)));
      if (std::llround(yesterday) >= static_cast<std::int64_t>(weeks[week]) && day >= kWeek) break;
    }
  }
  return caps;
}

// SendGrid's published table of hourly limits: 20 * 1.4^day, but 1,000 on day 12; it ends with
// day 41.
std::vector<std::uint64_t> sendgrid_hours() {
  std::vector<std::uint64_t> hours;
  for (int day = 0; day <= 41; ++day) {
    const double count = day == 12 ? 1000.0 : 20.0 * std::pow(1.4, day);
    hours.push_back(static_cast<std::uint64_t>(std::llround(count)));
  }
  return hours;
}

}  // namespace

WarmupSchedule::WarmupSchedule(const WarmupConfig& config) : full_(config.full) {
  if (config.preset == WarmupPreset::sendgrid) {
    is_hourly_ = true;
    for (const std::uint64_t hour : sendgrid_hours()) caps_.push_back(24 * hour);
    // What it allows beyond the wanted volume is no step of its own.
    while (full_ && caps_.size() > 1 && caps_[caps_.size() - 2] >= *full_) caps_.pop_back();
  } else if (config.mode == WarmupMode::step) {
    caps_ = stepwise(config.schedule);
  } else {
    caps_ = smoothly(config.schedule, full_);
  }
}

std::optional<std::uint64_t> WarmupSchedule::on_day(std::int64_t day) const {
  const auto index = static_cast<std::size_t>(std::max<std::int64_t>(0, day));
  if (index >= caps_.size()) return full_;
  return full_ ? std::min(caps_[index], *full_) : caps_[index];
}

std::optional<std::uint64_t> WarmupSchedule::in_hour_of_day(std::int64_t day) const {
  if (!is_hourly_ || is_past(day)) return std::nullopt;
  return caps_[static_cast<std::size_t>(std::max<std::int64_t>(0, day))] / 24;
}

}  // namespace posthaste
