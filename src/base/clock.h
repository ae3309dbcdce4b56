#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace posthaste {

// A moment of UTC, with the precision that events carry.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-01-31T23:59:59.000001Z": RFC 3339, always UTC, always six digits.
std::string to_rfc3339(WallTime time);

// Where time comes from. Everything that waits or stamps takes one, so that tests run four days
// of retries in milliseconds. Implementations are safe to use from any thread.
class Clock {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  virtual ~Clock() = default;

  // Monotonic: for intervals and deadlines.
  virtual time_point now() const = 0;
  // UTC: for stamps and for times that are kept on disk.
  virtual WallTime wall() const = 0;
  // Returns when `time` has come, or at once when the caller's coroutine is cancelled.
  virtual boost::asio::awaitable<void> sleep_until(time_point time) = 0;
};

class SystemClock final : public Clock {
 public:
  time_point now() const override;
  WallTime wall() const override;
  boost::asio::awaitable<void> sleep_until(time_point time) override;
};

// Time that moves when a test says so. Used from one thread, the one that runs the loop.
//
//   clock.advance(20min);   // wakes every sleeper whose time has come, in the order of their times
//   loop.poll();
class ManualClock final : public Clock {
 public:
  // Starts at 2026-01-01T00:00:00Z.
  ManualClock();

  time_point now() const override { return now_; }
  WallTime wall() const override;
  boost::asio::awaitable<void> sleep_until(time_point time) override;

  void advance(duration by);
  // The time of the next sleeper to wake, or time_point::max() when nobody sleeps.
  time_point next_wakeup() const;

 private:
  struct Sleeper {
    time_point until;
    boost::asio::steady_timer* timer;
  };

  time_point now_;
  std::list<Sleeper> sleepers_;
};

}  // namespace posthaste
