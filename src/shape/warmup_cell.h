#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/units.h"
#include "shape/warmup_schedule.h"

namespace posthaste {

// What became of recipients, as far as a new address's reputation is concerned.
struct WarmupTally {
  std::uint32_t attempts = 0;
  std::uint32_t delivered = 0;
  std::uint32_t hard = 0;        // bounces of addresses that do not exist
  std::uint32_t deferred = 0;    // for pace or reputation
  std::uint32_t blocked = 0;     // a 5yz that speaks of the sender, not of a mailbox
  std::uint32_t complaints = 0;  // reported by people

  WarmupTally& operator+=(const WarmupTally& other);
};

// The warm-up of one source towards one provider: which day of the schedule it has come to, and
// whether what came back allows the next.
//
//            all is well, a day used            bounces > 1 %, deferrals > 10 %, complaints > 0.1 %
//   green ◀─────────────────────▶ hold         ┌──────────▶ amber: half the cap, a day's pause
//     │     cap not used, deferrals > 2 %      │
//     │                                 any ───┤ bounces > 5 %, complaints >= 0.3 %, blocked
//     └──table ends, 7 green days──▶ done      └──────────▶ red: nothing, then a quarter of the
//     cap,
//                                                           seven days back
//
// Measured over the last 24 hours or 200 attempts, whichever is longer; after amber or red, anew.
// Its time is the clock's UTC. Lives on the queue loop; not thread-safe.
class WarmupCell {
 public:
  enum class State : std::uint8_t { green, hold, amber, red, done };

  struct Settings {
    std::shared_ptr<const WarmupSchedule> schedule;
    bool is_closed_loop = true;
    std::uint64_t min_daily = 20;
  };
  // `day`: of the schedule, at which it begins. `factor`: the part of its share at first.
  WarmupCell(const Clock& clock, Settings settings, std::int64_t day, double factor);

  void set(Settings settings) { settings_ = std::move(settings); }

  // One message was granted to it.
  void count_sent() {
    ++sent_;
    last_sent_ = clock_.wall();
  }
  void count(const WarmupTally& tally);
  // A rule of the provider has stopped it for so long, because of its reputation.
  void blocked(Duration how_long, const std::string& why);

  // Moves on with time; about once a second. `share`: of the source's mail that goes to this
  // provider, 0 to 1. `source_use`: the part of the source's cap of all providers that was used
  // since yesterday, for a cell that could not use its own because the source's was used up.
  void tick(double share, double source_use);

  // Messages a day; nullopt: no cap.
  std::optional<std::uint64_t> cap() const { return cap_; }
  std::optional<std::uint64_t> hourly_cap() const;
  // Nothing is sent until then.
  std::optional<WallTime> closed_until() const { return closed_until_; }

  State state() const { return state_; }
  std::int64_t day() const { return day_; }  // of the schedule, from 0
  double factor() const { return factor_; }
  const std::string& reason() const { return reason_; }  // of the state, in words
  WarmupTally window() const;
  // The latest change that nobody has taken yet, in words with its reason.
  std::optional<std::string> take_change();

  // --- over restarts
  std::string encode() const;
  // False: no such record; nothing is changed.
  bool restore(std::string_view record);

 private:
  struct Hour {
    std::int64_t hour;  // since the epoch
    WarmupTally tally;
  };

  void judge();
  void turn_amber(const std::string& why);
  void turn_red(Duration how_long, const std::string& why);
  void end_day(double source_use);
  void cool_down();
  void enter(State state, const std::string& why);
  void find_cap(double share);
  double wanted_cap(double share) const;

  const Clock& clock_;
  Settings settings_;
  State state_ = State::green;
  std::string reason_;
  std::int64_t day_;
  double factor_;
  std::optional<double> ceiling_;  // of the loop, after amber and red
  std::optional<std::uint64_t> cap_;
  double share_ = 1;

  std::deque<Hour> hours_;
  std::uint64_t sent_ = 0;     // since the day began
  std::uint64_t day_cap_ = 0;  // the least cap since the day began; 0: none yet
  WallTime day_began_;
  WallTime last_sent_;
  std::int64_t idle_days_ = 0;  // for which the schedule was set back
  std::int64_t judged_hour_ = 0;
  std::uint32_t green_days_ = 0;
  std::uint32_t reds_ = 0;  // one after the other
  std::optional<WallTime> frozen_until_;
  std::optional<WallTime> closed_until_;
  double resumes_at_ = 0;  // the ceiling after red
  std::int64_t told_day_ = -1;
  std::optional<std::string> change_;
};

std::string_view to_string(WarmupCell::State state);

}  // namespace posthaste
