#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/units.h"

namespace posthaste {

// The closed loop of one cell, a source towards a provider: what it sends moves by itself to just
// below what the provider takes.
//
//   free ──deferrals──▶ held ──all is well for a while──▶ probing ──accepted──▶ held, at more
//    ▲                   ▲ ▲                                 │
//    │                   │ └────────── deferrals ────────────┘
//    └── the operator's bound reached and held
//
// Free: nothing has been deferred, so only the operator's limits hold. At the first deferrals the
// loop takes what was accepted in the last minute for the provider's limit, and stays a twentieth
// below it. From time to time it asks for a twentieth more; every failed probe doubles the time to
// the next, a successful one is followed by another at once.
//
// Connections: a refused connection leaves as many as are open; each delivery after that allows one
// more (Google's published recovery).
//
// Lives on the queue loop; not thread-safe.
class CellControl {
 public:
  explicit CellControl(Clock& clock) : clock_(clock) {}

  // --- what happens
  void on_delivered(Duration latency);
  // A reply that speaks of pace or reputation, not of a mailbox.
  void on_deferred(const std::string& reply);
  // A connection could not be made while `open` were.
  void on_connection_refused(std::uint32_t open, const std::string& reply);

  // --- what rules ask for
  void slow_to(Rate rate, Duration how_long, const std::string& why);
  // To this part of what it sent in the last minute.
  void slow_by(double factor, Duration how_long, const std::string& why);
  void limit_connections(std::uint32_t count, Duration how_long, const std::string& why);
  // It was suspended until then, and goes on at this part of what it sent before.
  void suspended(Clock::time_point until, std::optional<double> resume_factor,
                 const std::string& why);

  // Moves on with time: about once a second, and after each of the above.
  void tick();

  // --- what follows
  // Messages a second; nullopt: no limit.
  std::optional<double> rate() const { return rate_; }
  std::optional<std::uint32_t> connections() const { return connections_; }
  // The same as the limit of a meter.
  Rate message_rate() const;

  // The latest change that nobody has taken yet, in words with its reason: "rate 9.5/s: …".
  std::optional<std::string> take_change();
  const std::string& state() const { return state_; }  // in words, "" when free

 private:
  struct Second {
    std::int64_t second;
    std::uint32_t accepted = 0;
    std::uint32_t deferred = 0;
  };

  Second& now_second();
  // Over the last `seconds`, the present one included.
  std::uint32_t accepted_in(std::int64_t seconds) const;
  std::uint32_t deferred_in(std::int64_t seconds) const;
  double accepted_rate() const;
  void back_off(const std::string& why);
  void hold_at(double ceiling, const std::string& why);
  void probe();
  void set_rate(std::optional<double> rate, const std::string& why);
  void set_connections(std::optional<std::uint32_t> count, const std::string& why);
  bool used_its_rate() const;
  void begin_step(Duration how_long);
  void end_probe();

  Clock& clock_;
  std::deque<Second> seconds_;  // of the last two minutes
  std::optional<Clock::time_point> began_;

  std::optional<double> rate_;
  std::optional<double> ceiling_;  // what the provider takes, as far as known
  bool is_probing_ = false;
  double proven_ = 0;  // the highest ceiling that was met: up to there the way is taken fast
  Clock::time_point step_began_{};
  Clock::time_point next_step_{};
  std::uint32_t step_accepted_ = 0;
  std::uint32_t step_deferred_ = 0;
  Duration probe_pause_{};
  std::optional<Clock::time_point>
      drains_until_;                 // a window that is full empties at less than it takes
  Clock::time_point quiet_until_{};  // what was on its way when the rate fell is no new sign

  std::optional<std::uint32_t> connections_;
  Clock::time_point connections_fixed_until_{};
  std::optional<double> rule_rate_;
  Clock::time_point rule_until_{};

  double usual_latency_ = 0;  // seconds
  double latency_ = 0;

  std::string state_;
  std::optional<std::string> change_;
};

}  // namespace posthaste
