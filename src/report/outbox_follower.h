#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "platform/io/task_group.h"
#include "spool/spool.h"

namespace posthaste {

// Follows the outbox from a sequence number on and hands over every event after it, in order, in
// batches. What a handler does not take is handed over again a second later, so a reader that is
// stuck holds up itself and nobody else.
//
// Lives on its group's loop, on which it may block: that is no loop that mail runs on.
class OutboxFollower {
 public:
  // True: taken. The batch is never empty.
  using Handle = std::function<bool(const std::vector<Spool::Told>& batch)>;

  OutboxFollower(Spool& spool, Clock& clock, TaskGroup& tasks, Handle handle);
  OutboxFollower(const OutboxFollower&) = delete;
  OutboxFollower& operator=(const OutboxFollower&) = delete;

  // Begins behind `sequence`. On the loop.
  void start(std::uint64_t sequence);
  // Hands over all that is there now, once; for the end. On the loop.
  void catch_up();

  // The last event that was taken. Any thread.
  std::uint64_t position() const { return position_.load(std::memory_order_relaxed); }

 private:
  boost::asio::awaitable<void> follow();
  // False: the handler did not take a batch, or the outbox cannot be read.
  bool hand_over();

  Spool& spool_;
  Clock& clock_;
  TaskGroup& tasks_;
  Handle handle_;
  std::atomic<std::uint64_t> position_{0};
};

}  // namespace posthaste
