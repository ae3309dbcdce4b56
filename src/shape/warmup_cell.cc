#include "shape/warmup_cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "shape/shape_state.pb.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr auto kDay = 24h;
constexpr std::int64_t kWindowHours = 24;
constexpr std::uint32_t kWindowAttempts = 200;
constexpr std::int64_t kOldestHour = 14 * 24;
constexpr std::uint32_t kFewestAttempts = 50;  // to judge a share by
constexpr std::uint32_t kFewestHits = 2;
constexpr std::uint32_t kFewestBlocked = 5;  // attempts, to judge a block by
constexpr double kUsed = 0.8;                // of a cap, for it to have proved anything
constexpr std::uint32_t kDaysToBeDone = 7;
constexpr std::int64_t kSetBack = 7;
constexpr std::int64_t kIdle = 7;
constexpr std::int64_t kCold = 30;
constexpr double kFactorGrowth = 0.1;

std::int64_t hour_of(WallTime time) {
  return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}

std::string percent(std::uint32_t part, std::uint32_t whole) {
  return fmt::format("{:.2g} % ({} of {})", 100.0 * part / whole, part, whole);
}

std::int64_t micros(std::optional<WallTime> time) {
  return time ? time->time_since_epoch().count() : 0;
}

WallTime from_micros(std::int64_t count) {
  return WallTime(std::chrono::microseconds(count));
}

std::optional<WallTime> optional_time(std::int64_t count) {
  return count == 0 ? std::nullopt : std::optional(from_micros(count));
}

}  // namespace

WarmupTally& WarmupTally::operator+=(const WarmupTally& other) {
  attempts += other.attempts;
  delivered += other.delivered;
  hard += other.hard;
  deferred += other.deferred;
  blocked += other.blocked;
  complaints += other.complaints;
  return *this;
}

std::string_view to_string(WarmupCell::State state) {
  switch (state) {
    case WarmupCell::State::green:
      return "green";
    case WarmupCell::State::hold:
      return "hold";
    case WarmupCell::State::amber:
      return "amber";
    case WarmupCell::State::red:
      return "red";
    case WarmupCell::State::done:
      return "done";
  }
  return "";
}

WarmupCell::WarmupCell(const Clock& clock, Settings settings, std::int64_t day, double factor)
    : clock_(clock),
      settings_(std::move(settings)),
      day_(day),
      factor_(factor),
      day_began_(clock.wall()),
      last_sent_(clock.wall()) {
  find_cap(1);
}

void WarmupCell::count(const WarmupTally& tally) {
  const std::int64_t hour = hour_of(clock_.wall());
  if (hours_.empty() || hours_.back().hour < hour) hours_.push_back({hour, {}});
  hours_.back().tally += tally;
  while (hours_.front().hour <= hour - kOldestHour) hours_.pop_front();
  // A share that is far too high is not left until the hour ends.
  if (tally.hard + tally.blocked + tally.complaints > 0) judge();
}

WarmupTally WarmupCell::window() const {
  const std::int64_t now = hour_of(clock_.wall());
  WarmupTally sum;
  for (auto one = hours_.rbegin(); one != hours_.rend(); ++one) {
    if (one->hour <= now - kWindowHours && sum.attempts >= kWindowAttempts) break;
    sum += one->tally;
  }
  return sum;
}

void WarmupCell::enter(State state, const std::string& why) {
  const bool is_change = state_ != state || state == State::amber || state == State::red;
  state_ = state;
  reason_ = why;
  if (!is_change) return;
  told_day_ = day_;
  change_ = fmt::format("warm-up {} on day {}: {}", to_string(state), day_ + 1, why);
}

void WarmupCell::turn_amber(const std::string& why) {
  const double now = cap_ ? static_cast<double>(*cap_) : static_cast<double>(sent_);
  ceiling_ = std::max(1.0, now / 2);
  frozen_until_ = clock_.wall() + kDay;
  green_days_ = 0;
  hours_.clear();
  enter(State::amber, fmt::format("{}: half the cap, {:.0f} a day", why, *ceiling_));
}

void WarmupCell::turn_red(Duration how_long, const std::string& why) {
  const auto least = 10min * (1 << std::min(reds_, 12U));
  const auto rest = std::max<Duration>(how_long, least);
  // A second one before it went on again counts from the same cap.
  if (!closed_until_) {
    const double now = cap_ ? static_cast<double>(*cap_) : static_cast<double>(sent_);
    resumes_at_ = std::max(1.0, now / 4);
  }
  closed_until_ = clock_.wall() + std::chrono::duration_cast<WallTime::duration>(rest);
  day_ = std::max<std::int64_t>(0, day_ - kSetBack);
  ++reds_;
  green_days_ = 0;
  frozen_until_.reset();
  hours_.clear();
  enter(State::red,
        fmt::format("{}: nothing for {}, then {:.0f} a day", why,
                    to_string(std::chrono::floor<std::chrono::seconds>(rest)), resumes_at_));
}

void WarmupCell::blocked(Duration how_long, const std::string& why) {
  if (state_ != State::done && settings_.is_closed_loop) turn_red(how_long, why);
}

void WarmupCell::judge() {
  if (!settings_.is_closed_loop || state_ == State::done || state_ == State::red) return;
  const WarmupTally sum = window();
  // Surely so: two of a hundred may be bad luck, so the share less its standard deviation counts.
  auto exceeds = [&](std::uint32_t part, std::uint32_t whole, double limit) {
    if (part < kFewestHits || whole == 0) return false;
    const double share = static_cast<double>(part) / whole;
    return share - std::sqrt(share * std::max(0.0, 1 - share) / whole) > limit;
  };
  if (sum.attempts >= kFewestBlocked && exceeds(sum.blocked, sum.attempts, 0.01)) {
    turn_red(Duration(0), "blocked: " + percent(sum.blocked, sum.attempts));
    return;
  }
  if (sum.attempts < kFewestAttempts) return;
  if (exceeds(sum.hard, sum.attempts, 0.05)) {
    turn_red(Duration(0), "hard bounces " + percent(sum.hard, sum.attempts) +
                              ": find out where the addresses come from");
  } else if (exceeds(sum.complaints, sum.delivered, 0.003)) {
    turn_red(Duration(0), "complaints " + percent(sum.complaints, sum.delivered));
  } else if (frozen_until_ && clock_.wall() < *frozen_until_) {
    // Half the cap is half the harm; the next day shows whether it is enough.
  } else if (exceeds(sum.hard, sum.attempts, 0.01)) {
    turn_amber("hard bounces " + percent(sum.hard, sum.attempts));
  } else if (exceeds(sum.deferred, sum.attempts, 0.10)) {
    turn_amber("deferred " + percent(sum.deferred, sum.attempts));
  } else if (exceeds(sum.complaints, sum.delivered, 0.001)) {
    turn_amber("complaints " + percent(sum.complaints, sum.delivered));
  }
}

void WarmupCell::cool_down() {
  const auto idle = std::chrono::floor<std::chrono::days>(clock_.wall() - last_sent_).count();
  if (idle < kIdle || idle <= idle_days_) return;
  if (idle >= kCold) {
    day_ = 0;
    if (state_ == State::done) enter(State::hold, "idle for 30 days: it begins anew");
    ceiling_.reset();
  } else if (state_ != State::done) {
    day_ = std::max<std::int64_t>(0, day_ - (idle - idle_days_));
    enter(State::hold, fmt::format("idle for {} days: as many days back", idle));
  }
  idle_days_ = idle;
  green_days_ = 0;
}

void WarmupCell::end_day(double source_use) {
  const bool has_sent = sent_ > 0;
  const double used =
      cap_ && day_cap_ > 0 ? static_cast<double>(sent_) / static_cast<double>(day_cap_) : 1;
  const std::uint64_t sent = std::exchange(sent_, 0);
  day_began_ = clock_.wall();
  const std::uint64_t cap = std::exchange(day_cap_, 0);
  if (!has_sent || state_ == State::done || state_ == State::red) return;
  if (frozen_until_ && clock_.wall() < *frozen_until_) return;
  frozen_until_.reset();
  const WarmupTally sum = window();
  if (settings_.is_closed_loop) {
    if (std::max(used, source_use) < kUsed) {
      enter(State::hold, fmt::format("{} of {} were used", sent, cap));
      return;
    }
    if (sum.attempts >= kFewestAttempts && sum.deferred >= kFewestHits &&
        sum.deferred > 0.02 * sum.attempts) {
      enter(State::hold, "deferred " + percent(sum.deferred, sum.attempts));
      return;
    }
  }
  ++day_;
  ++green_days_;
  reds_ = 0;
  factor_ = std::min(1.0, factor_ + kFactorGrowth);
  if (ceiling_) *ceiling_ *= 1.5;
  enter(State::green, fmt::format("{} of {} went out well", sent, cap));
  if (settings_.schedule->is_past(day_) && green_days_ >= kDaysToBeDone) {
    enter(State::done, "the schedule is over, and seven days were good");
  }
}

double WarmupCell::wanted_cap(double share) const {
  const auto all = settings_.schedule->on_day(day_);
  return static_cast<double>(*all) * share * factor_;
}

void WarmupCell::find_cap(double share) {
  share_ = share;
  if (state_ == State::done || !settings_.schedule->on_day(day_)) {
    cap_.reset();
    // What the loop took back after the table's end is still a cap.
    if (state_ != State::done && ceiling_) {
      cap_ = static_cast<std::uint64_t>(std::max(1.0, *ceiling_));
    }
  } else {
    const auto all = static_cast<double>(*settings_.schedule->on_day(day_));
    const double wanted =
        std::min(all, std::max(wanted_cap(share), static_cast<double>(settings_.min_daily)));
    if (ceiling_ && *ceiling_ >= wanted) ceiling_.reset();
    cap_ = static_cast<std::uint64_t>(std::max(1.0, std::floor(ceiling_.value_or(wanted) + 1e-6)));
  }
  if (cap_ && (day_cap_ == 0 || *cap_ < day_cap_)) day_cap_ = *cap_;
  const bool goes_on = state_ == State::green || state_ == State::hold;
  if (cap_ && goes_on && told_day_ != day_ && !change_) {
    told_day_ = day_;
    change_ = fmt::format("warm-up day {}: {} a day{}", day_ + 1, *cap_,
                          reason_.empty() ? "" : ", " + reason_);
  }
}

void WarmupCell::tick(double share, double source_use) {
  const WallTime now = clock_.wall();
  if (closed_until_ && now >= *closed_until_) {
    closed_until_.reset();
    ceiling_ = resumes_at_;
    frozen_until_ = now + kDay;
    enter(State::hold, fmt::format("goes on at {:.0f} a day after red", resumes_at_));
  }
  if (sent_ > 0) idle_days_ = 0;
  cool_down();
  if (hour_of(now) != judged_hour_) {
    judged_hour_ = hour_of(now);
    judge();
  }
  if (now - day_began_ >= kDay) end_day(source_use);
  find_cap(share);
}

std::optional<std::uint64_t> WarmupCell::hourly_cap() const {
  const auto hour = settings_.schedule->in_hour_of_day(day_);
  if (!hour || !cap_) return std::nullopt;
  return std::max<std::uint64_t>(1, std::min(*hour, *cap_ / 24));
}

std::optional<std::string> WarmupCell::take_change() {
  return std::exchange(change_, std::nullopt);
}

std::string WarmupCell::encode() const {
  record::WarmupRecord record;
  record.set_state(static_cast<std::uint32_t>(state_));
  record.set_reason(reason_);
  record.set_day(day_);
  record.set_factor(factor_);
  if (ceiling_) record.set_ceiling(*ceiling_);
  for (const Hour& one : hours_) {
    auto* hour = record.add_hours();
    hour->set_hour(one.hour);
    hour->set_attempts(one.tally.attempts);
    hour->set_delivered(one.tally.delivered);
    hour->set_hard(one.tally.hard);
    hour->set_deferred(one.tally.deferred);
    hour->set_blocked(one.tally.blocked);
    hour->set_complaints(one.tally.complaints);
  }
  record.set_sent(sent_);
  record.set_day_cap(day_cap_);
  record.set_day_began(micros(day_began_));
  record.set_last_sent(micros(last_sent_));
  record.set_idle_days(idle_days_);
  record.set_green_days(green_days_);
  record.set_reds(reds_);
  record.set_frozen_until(micros(frozen_until_));
  record.set_closed_until(micros(closed_until_));
  record.set_resumes_at(resumes_at_);
  return record.SerializeAsString();
}

bool WarmupCell::restore(std::string_view text) {
  record::WarmupRecord record;
  if (!record.ParseFromArray(text.data(), static_cast<int>(text.size()))) return false;
  if (record.state() > static_cast<std::uint32_t>(State::done)) return false;
  state_ = static_cast<State>(record.state());
  reason_ = record.reason();
  day_ = record.day();
  factor_ = record.factor();
  ceiling_ = record.has_ceiling() ? std::optional(record.ceiling()) : std::nullopt;
  hours_.clear();
  for (const auto& one : record.hours()) {
    hours_.push_back({one.hour(),
                      {one.attempts(), one.delivered(), one.hard(), one.deferred(), one.blocked(),
                       one.complaints()}});
  }
  sent_ = record.sent();
  day_cap_ = record.day_cap();
  day_began_ = from_micros(record.day_began());
  last_sent_ = from_micros(record.last_sent());
  idle_days_ = record.idle_days();
  green_days_ = record.green_days();
  reds_ = record.reds();
  frozen_until_ = optional_time(record.frozen_until());
  closed_until_ = optional_time(record.closed_until());
  resumes_at_ = record.resumes_at();
  find_cap(share_);
  change_.reset();
  return true;
}

}  // namespace posthaste
