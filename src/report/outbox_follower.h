#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "platform/io/task_group.h"
#include "spool/spool.h"

namespace posthaste {

// Follows the outbox from a sequence number on and hands over every event after
// it, in order, in batches. What a handler does not take is handed over again a
// second later, so a reader that is stuck holds up itself and nobody else.
// Between two batches all else on the loop has its turn.
//
// Lives on its group's loop, on which it may block: that is no loop that mail
// runs on.
class OutboxFollower {
 public:
  // True: taken. The batch is never empty.
  using Handle = std::function<bool(const std::vector<Spool::Told>& batch)>;

  OutboxFollower(Spool& spool, Clock& clock, TaskGroup& tasks, Handle handle);
  OutboxFollower(const OutboxFollower&) = delete;
  OutboxFollower& operator=(const OutboxFollower&) = delete;

  // Begins behind `sequence`. On the loop.
  void start(std::uint64_t sequence);
  // Hands over what is there now, but takes no longer than about a second: for
  // the end, when a long backlog must wait for the next start. On the loop.
  void catch_up();
  // Hands over again what comes behind `sequence`, also when a handler asks for
  // it that does not take its batch. On the loop.
  void go_back(std::uint64_t sequence) { position_ = sequence; }

  // The last event that was taken. Any thread.
  std::uint64_t position() const { return position_.load(std::memory_order_relaxed); }

 private:
  enum class Step : std::uint8_t {
    taken,
    nothing_new,
    stuck,  // the handler did not take the batch, or the outbox cannot be read
  };

  boost::asio::awaitable<void> follow();
  // One batch.
  Step hand_over();

  Spool& spool_;
  Clock& clock_;
  TaskGroup& tasks_;
  Handle handle_;
  std::atomic<std::uint64_t> position_{0};
};

}  // namespace posthaste
