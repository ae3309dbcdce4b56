#pragma once

#include <functional>
#include <string_view>

#include "base/clock.h"
#include "platform/io/task_group.h"

namespace posthaste {

// The one timer of a connection. Each wait is given a deadline before it starts; setting one costs
// a store, not a timer, because one coroutine sleeps until the earliest and looks again when it
// wakes. When a deadline passes, `on_expiry` runs once (it closes the stream, so that the pending
// operation ends) and expired() tells the session why.
//
//   Deadline deadline(group, clock, [&stream] { stream.close(); });
//   deadline.set(5min, "RFC 5321 §4.5.3.2.7");
//   auto [ec, n] = co_await stream.read_some(buffer);
//   deadline.clear();
//
// Lives on its group's executor. Destroying it stops its coroutine, which the group still joins.
class Deadline {
 public:
  Deadline(TaskGroup& group, Clock& clock, std::function<void()> on_expiry);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline();

  // Replaces the deadline. `what` names the wait for messages; it must be a literal.
  void set(Clock::duration from_now, std::string_view what);
  void clear();

  bool expired() const;
  // The wait whose deadline passed; empty unless expired().
  std::string_view expired_wait() const;

 private:
  struct State;
  static boost::asio::awaitable<void> watch(std::shared_ptr<State> state);

  TaskGroup& group_;
  std::shared_ptr<State> state_;
};

}  // namespace posthaste
