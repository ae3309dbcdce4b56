#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/units.h"

namespace posthaste {

// Paces one flow evenly. In every half-open span as long as the rate's period there are at most as
// many grants as the rate says, and nothing is saved up while idle: "10000/hour" is one each
// 360 ms, never a burst on the hour.
//
// Why it is exact: grants stand on a line of even steps; a grant may come up to a lateness after
// its point on the line (timers are late, and so are networks) without pushing the line back. The
// step is (period + lateness) / count, so that even count + 1 grants, the first as late as may be
// and the last on time, span a whole period. The price is the lateness in each period: a hundredth
// of it, and 250 ms at most.
//
// Lives on its owner's executor; not thread-safe. Time comes from `clock`.
class TokenBucket {
 public:
  TokenBucket(Clock& clock, Rate rate) : clock_(clock), rate_(rate) {}

  // Takes one token (nothing), or says when the next will be there.
  std::optional<Clock::time_point> take_or_wait_until();

  // When the next token will be there; nothing when it is there now. Takes none.
  std::optional<Clock::time_point> wait_until() const;

  // The rate from now on; what was granted before still counts.
  void set_rate(Rate rate) { rate_ = rate; }
  Rate rate() const { return rate_; }

  // The point of the last grant, for a later run; nothing before the first.
  std::optional<Clock::time_point> last_grant() const { return point_; }
  // A grant of an earlier run, or the latest one that it can have made.
  void restore(Clock::time_point last_grant) { point_ = last_grant; }
  // The time between two grants at this rate. Requires: it is not unlimited.
  Duration step() const;

 private:
  Duration lateness() const;

  Clock& clock_;
  Rate rate_;
  std::optional<Clock::time_point> point_;  // of the last grant, on the line
};

}  // namespace posthaste
