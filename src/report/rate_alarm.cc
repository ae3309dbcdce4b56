#include "report/rate_alarm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace posthaste {
namespace {

constexpr std::uint64_t kManySamples = 1000;
constexpr double kResolvedBelow = 0.8;    // of the threshold
constexpr double kDeviations = 1.959964;  // of the normal distribution, that hold 95 %

constexpr std::array<std::string_view, 4> kLevels{"ok", "pending", "warn", "page"};

}  // namespace

// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
double wilson_lower_bound(const RateSum& sum) {
  if (sum.whole == 0) return 0;
  const auto n = static_cast<double>(sum.whole);
  const double p = sum.share();
  const double square = kDeviations * kDeviations;
  const double spread = kDeviations * std::sqrt(p * (1 - p) / n + square / (4 * n * n));
  return std::max(0.0, (p + square / (2 * n) - spread) / (1 + square / n));
}

double measured_share(const RateSum& sum) {
  return sum.whole < kManySamples ? wilson_lower_bound(sum) : sum.share();
}

bool RateAlarm::judge(const RateSum& sum, Percent threshold, std::uint32_t min_count) {
  if (threshold == Percent()) return std::exchange(state_, State::quiet) == State::raised;
  const double measured = measured_share(sum);
  if (state_ == State::raised) {
    const bool is_over = sum.whole == 0 || measured < kResolvedBelow * threshold.share();
    if (is_over) state_ = State::quiet;
    return is_over;
  }
  if (sum.whole < min_count || measured < threshold.share()) {
    state_ = State::quiet;
    return false;
  }
  state_ = state_ == State::quiet ? State::pending : State::raised;
  return state_ == State::raised;
}

std::string_view to_string(AlertLevel level) {
  return kLevels[static_cast<std::size_t>(level)];
}

}  // namespace posthaste
