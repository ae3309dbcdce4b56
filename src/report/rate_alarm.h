#pragma once

#include <cstdint>
#include <string_view>

#include "base/percent.h"
#include "report/rate_window.h"

namespace posthaste {

// The least that the true share may be, by one chance in forty: the lower end of Wilson's score
// interval of 95 %. 0 of nothing.
double wilson_lower_bound(const RateSum& sum);
// What is held against a threshold: the share itself from 1,000 on, Wilson's lower bound of fewer.
double measured_share(const RateSum& sum);

// One share over one window against one threshold.
//
//   quiet ──over──▶ pending ──over again──▶ raised
//     ▲                │                      │
//     └── not over ────┘     below 80 %, or nothing left in the window
//     ▲                                       │
//     └───────────────────────────────────────┘
//
// A window is over a threshold when it holds enough and the measured share reaches it. A threshold
// of 0 % is none.
class RateAlarm {
 public:
  enum class State : std::uint8_t { quiet, pending, raised };

  // Told when a slice of the window has ended. Returns whether it was raised or resolved.
  bool judge(const RateSum& sum, Percent threshold, std::uint32_t min_count);

  State state() const { return state_; }
  bool is_raised() const { return state_ == State::raised; }
  void restore(State state) { state_ = state; }

 private:
  State state_ = State::quiet;
};

// How bad a share is, over all its windows.
enum class AlertLevel : std::uint8_t { ok, pending, warn, page };
std::string_view to_string(AlertLevel level);

}  // namespace posthaste
