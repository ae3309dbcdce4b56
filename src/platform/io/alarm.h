#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "platform/io/task_group.h"

namespace posthaste {

// Calls `on_time` at the earliest of the times it was set to, once, and is then unset until it is
// set again (from inside the call, too). For schedulers that know when they have next to look.
//
// Lives on its group's executor. Destroying it stops its coroutine, which the group still joins.
class Alarm {
 public:
  Alarm(TaskGroup& group, Clock& clock, std::function<void()> on_time);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm();

  // An earlier time than the one that is set takes its place; a later one changes nothing.
  void set(Clock::time_point time);

 private:
  struct State;
  static boost::asio::awaitable<void> watch(std::shared_ptr<State> state, Clock::time_point time);

  TaskGroup& group_;
  std::shared_ptr<State> state_;
};

}  // namespace posthaste
