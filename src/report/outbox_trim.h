#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "platform/io/task_group.h"
#include "spool/spool.h"

namespace posthaste {

// Forgets old events, so that the outbox does not grow for ever: those that every reader has
// passed and that are older than the retention, which is how long `trace` can tell of a message.
//
// Lives on the report loop.
class OutboxTrim {
 public:
  // `position` tells how far the slowest reader has come.
  OutboxTrim(Spool& spool, Clock& clock, TaskGroup& tasks, std::function<std::uint64_t()> position);

  void start();
  // One round.
  void trim();

 private:
  boost::asio::awaitable<void> run();

  Spool& spool_;
  Clock& clock_;
  TaskGroup& tasks_;
  std::function<std::uint64_t()> position_;
};

}  // namespace posthaste
