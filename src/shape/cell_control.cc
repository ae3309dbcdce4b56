#include "shape/cell_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

// What is remembered, in seconds: a provider's limit by the minute is seen as what it is.
constexpr std::int64_t kMemory = 120;
constexpr std::int64_t kMinute = 60;
// Deferrals in so many seconds that are a sign, when they are more than this part of the traffic.
constexpr std::int64_t kSignSeconds = 10;
constexpr std::uint32_t kSigns = 2;
constexpr double kSignShare = 0.01;

constexpr double kBelow = 0.95;     // of the ceiling: where the loop stays
constexpr double kDrain = 0.8;      // of the ceiling: where it stays for a while after a deferral
constexpr double kProbe = 1.05;     // of the ceiling: where it looks for more
constexpr double kFastProbe = 1.5;  // the same, far below what was met before
constexpr double kFar = 0.8;
constexpr double kLowest = 1.0 / 60;  // messages a second: below it nothing is learnt
constexpr auto kStep = 10s;           // between two steps of a probe that succeeds
constexpr auto kFirstPause = 60s;     // until the first probe
constexpr auto kLongestPause = 20min;
constexpr auto kInFlight = 5s;
constexpr auto kDrainFor = 15s;
constexpr double kStepMessages = 5;  // that a step must see to have shown anything
// Latency that has grown this many times, and by more than half a second, says that the provider
// slows us down.
constexpr double kSlowTimes = 4;
constexpr double kSlowSeconds = 0.5;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string rate_text(double rate) {
  if (rate >= 1) return fmt::format("{:.1f}/s", rate);
  return fmt::format("{:.1f}/min", rate * 60);
}

}  // namespace

CellControl::Second& CellControl::now_second() {
  const auto second =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  if (!began_) began_ = clock_.now();
  if (seconds_.empty() || seconds_.back().second != second) seconds_.push_back({second});
  while (seconds_.front().second <= second - kMemory) seconds_.pop_front();
  return seconds_.back();
}

std::uint32_t CellControl::accepted_in(std::int64_t span) const {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  std::uint32_t sum = 0;
  for (const Second& one : seconds_) {
    if (one.second > now - span) sum += one.accepted;
  }
  return sum;
}

std::uint32_t CellControl::deferred_in(std::int64_t span) const {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  std::uint32_t sum = 0;
  for (const Second& one : seconds_) {
    if (one.second > now - span) sum += one.deferred;
  }
  return sum;
}

// Of the last minute, or of the time since the beginning when that is shorter.
double CellControl::accepted_rate() const {
  std::int64_t span = 1;
  // A burst at the beginning may lie in two seconds of the clock, and is of one all the same.
  if (began_ && clock_.now() - *began_ > 1s) {
    const auto second = [](Clock::time_point time) {
      return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    };
    span = std::min(second(clock_.now()) - second(*began_) + 1, kMinute);
  }
  return static_cast<double>(accepted_in(std::max<std::int64_t>(span, 2))) /
         static_cast<double>(span);
}

bool CellControl::used_its_rate() const {
  const double allowed = *rate_ * seconds(clock_.now() - step_began_);
  return step_accepted_ >= kStepMessages && step_accepted_ >= 0.7 * allowed;
}

// As long as it is told, and long enough to show anything at its rate.
void CellControl::begin_step(Duration how_long) {
  const double rate = std::max(kLowest, rate_.value_or(1));
  const auto enough = std::chrono::duration<double>(kStepMessages * 1.5 / rate);
  step_began_ = clock_.now();
  next_step_ = step_began_ + std::max(how_long, std::chrono::duration_cast<Duration>(enough));
  step_accepted_ = 0;
  step_deferred_ = 0;
}

void CellControl::set_rate(std::optional<double> rate, const std::string& why) {
  if (rate_ == rate) return;
  rate_ = rate;
  state_ = rate ? "rate " + rate_text(*rate) + ": " + why : std::string();
  change_ = "rate " + (rate ? rate_text(*rate) : std::string("free")) + ": " + why;
}

void CellControl::set_connections(std::optional<std::uint32_t> count, const std::string& why) {
  if (connections_ == count) return;
  connections_ = count;
  change_ = "connections " + (count ? std::to_string(*count) : std::string("free")) + ": " + why;
}

void CellControl::on_delivered(Duration latency) {
  ++now_second().accepted;
  ++step_accepted_;
  const double took = seconds(latency);
  usual_latency_ = usual_latency_ == 0 ? took : usual_latency_ + (took - usual_latency_) * 0.001;
  latency_ = latency_ == 0 ? took : latency_ + (took - latency_) * 0.1;
  if (connections_ && clock_.now() >= connections_fixed_until_) {
    // More than anybody opens is no limit any more.
    const bool is_enough = *connections_ >= 100;
    set_connections(is_enough ? std::nullopt : std::optional(*connections_ + 1), "a delivery");
  }
}

void CellControl::on_deferred(const std::string& reply) {
  ++now_second().deferred;
  ++step_deferred_;
  if (clock_.now() < quiet_until_) return;
  const std::uint32_t signs = deferred_in(kSignSeconds);
  const double share =
      static_cast<double>(signs) / std::max<std::uint32_t>(1, signs + accepted_in(kSignSeconds));
  // While probing one sign is enough: it was asked for.
  if (!is_probing_ && (signs < kSigns || share < kSignShare)) return;
  back_off(reply);
}

void CellControl::back_off(const std::string& why) {
  const auto now = clock_.now();
  const bool was_probing = std::exchange(is_probing_, false);
  quiet_until_ = now + kInFlight;
  if (was_probing && ceiling_) {
    probe_pause_ = std::min<Duration>(probe_pause_ * 2, kLongestPause);
    proven_ = *ceiling_;
    drains_until_ = now + kDrainFor;
    begin_step(probe_pause_);
    set_rate(std::max(kLowest, *ceiling_ * kDrain), "the probe was deferred: " + why);
    return;
  }
  // What got through in the last minute is what the provider takes, and never more than was asked.
  double accepted = accepted_rate();
  if (rate_) accepted = std::min(accepted, *rate_);
  if (accepted == 0 || (ceiling_ && accepted > *ceiling_ * 0.98)) {
    accepted = std::max(kLowest, (rate_ ? *rate_ : accepted) * 0.8);
  }
  hold_at(accepted, why);
}

void CellControl::hold_at(double ceiling, const std::string& why) {
  ceiling_ = std::max(kLowest, ceiling);
  proven_ = *ceiling_;
  probe_pause_ = kFirstPause;
  drains_until_.reset();
  begin_step(probe_pause_);
  set_rate(std::max(kLowest, *ceiling_ * kBelow), "deferred: " + why);
}

// What a probe has shown.
void CellControl::end_probe() {
  is_probing_ = false;
  if (used_its_rate()) {
    ceiling_ = *rate_;
    proven_ = std::max(proven_, *ceiling_);
    probe_pause_ = kFirstPause;
    return;
  }
  // Nothing: there was too little mail.
  begin_step(kFirstPause);
  set_rate(*ceiling_ * kBelow, "too little mail for a probe");
}

void CellControl::probe() {
  const auto now = clock_.now();
  if (!ceiling_) return;
  if (drains_until_ && now >= *drains_until_) {
    drains_until_.reset();
    set_rate(std::max(kLowest, *ceiling_ * kBelow), "below what was deferred");
  }
  if (now < next_step_) return;
  if (is_probing_) {
    end_probe();
    if (next_step_ > now) return;
  } else if (!used_its_rate() || step_deferred_ > step_accepted_ / 100) {
    begin_step(kFirstPause);
    return;
  }
  is_probing_ = true;
  const double fast = std::min(*ceiling_ * kFastProbe, proven_);
  set_rate(*ceiling_ < proven_ * kFar ? fast : *ceiling_ * kProbe, "a probe for more");
  begin_step(kStep);
}

void CellControl::on_connection_refused(std::uint32_t open, const std::string& reply) {
  set_connections(std::max(1U, open), "refused: " + reply);
  connections_fixed_until_ = clock_.now() + kFirstPause;
}

void CellControl::slow_to(Rate rate, Duration how_long, const std::string& why) {
  proven_ = std::max(proven_, rate_ ? *rate_ : accepted_rate());
  rule_rate_ = static_cast<double>(rate.count()) / seconds(rate.period());
  rule_until_ = clock_.now() + how_long;
  is_probing_ = false;
  set_rate(rule_rate_, why);
}

void CellControl::slow_by(double factor, Duration how_long, const std::string& why) {
  const auto now = clock_.now();
  // One sign in many replies: what was slowed already is not slowed again for the same.
  if (rule_rate_ && now < rule_until_) return;
  const double before = rate_ ? std::min(*rate_, accepted_rate()) : accepted_rate();
  proven_ = std::max(proven_, before);
  rule_rate_ = std::max(kLowest, before * factor);
  rule_until_ = now + how_long;
  is_probing_ = false;
  set_rate(rule_rate_, why);
}

void CellControl::limit_connections(std::uint32_t count, Duration how_long,
                                    const std::string& why) {
  connections_fixed_until_ = std::max(connections_fixed_until_, clock_.now() + how_long);
  if (!connections_ || *connections_ > count) set_connections(count, why);
}

void CellControl::suspended(Clock::time_point until, std::optional<double> resume_factor,
                            const std::string& why) {
  is_probing_ = false;
  if (!resume_factor) return;
  const double before = rate_ ? *rate_ : accepted_rate();
  proven_ = std::max(proven_, before);
  drains_until_.reset();
  set_rate(std::max(kLowest, before * *resume_factor), why);
  ceiling_ = *rate_ / kBelow;
  probe_pause_ = kFirstPause;
  begin_step(until - clock_.now() + probe_pause_);
}

void CellControl::tick() {
  const auto now = clock_.now();
  if (rule_rate_) {
    if (now < rule_until_) return;
    // From where the rule left it the loop looks for the way up.
    ceiling_ = *std::exchange(rule_rate_, std::nullopt) / kBelow;
    probe_pause_ = kFirstPause;
    begin_step(kFirstPause);
  }
  const bool is_slow = usual_latency_ > 0 && latency_ > kSlowTimes * usual_latency_ &&
                       latency_ > usual_latency_ + kSlowSeconds;
  if (is_slow && now >= quiet_until_ && accepted_in(kSignSeconds) >= 10) {
    quiet_until_ = now + kStep;
    is_probing_ = false;
    const double before = rate_ ? std::min(*rate_, accepted_rate()) : accepted_rate();
    ceiling_ = std::max(kLowest, before * 0.9) / kBelow;
    begin_step(kFirstPause);
    set_rate(*ceiling_ * kBelow,
             fmt::format("replies take {:.1f} s, usually {:.1f} s", latency_, usual_latency_));
    return;
  }
  probe();
}

Rate CellControl::message_rate() const {
  if (!rate_) return {};
  const double per_minute = *rate_ * 60;
  if (per_minute >= 60) {
    return {static_cast<std::uint64_t>(std::llround(per_minute)), std::chrono::minutes(1)};
  }
  const auto per_hour = static_cast<std::uint64_t>(std::llround(*rate_ * 3600));
  return {std::max<std::uint64_t>(1, per_hour), std::chrono::hours(1)};
}

std::optional<std::string> CellControl::take_change() {
  return std::exchange(change_, std::nullopt);
}

}  // namespace posthaste
