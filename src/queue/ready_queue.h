#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "spool/queued_message.h"

namespace posthaste {

// The messages for one site that wait only for a connection. A higher priority goes first; within
// one priority the queues (tenants, campaigns, domains) take turns, a message each; within a queue
// the order of arrival holds.
//
// Lives on the queue loop; not thread-safe.
class ReadyQueue {
 public:
  void push(QueuedMessage message, std::uint32_t priority);
  // Puts back what was taken and not tried: it is the first of its queue again.
  void push_front(QueuedMessage message, std::uint32_t priority);

  // Takes up to `max` messages of one remote_queue: that of the first message, in the order above,
  // for which `may_start` holds. Each further one, and the first too, must pass `may_send`.
  using Permit = std::function<bool(const std::string& remote_queue)>;
  std::vector<QueuedMessage> take(std::size_t max, const Permit& may_start, const Permit& may_send);

  // Takes all messages of one queue, or of every queue.
  std::vector<QueuedMessage> take_queue(const QueueName& name);
  std::vector<QueuedMessage> take_all();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The remote_queues of the messages here.
  std::vector<std::string> remote_queues() const;

 private:
  struct Lane {
    QueueName name;
    std::uint32_t priority;
    std::deque<QueuedMessage> messages;
  };
  using Band = std::list<Lane>;  // lanes in the order of their turns; none is empty

  Lane& lane(const QueueName& name, std::uint32_t priority);
  std::vector<QueuedMessage> take_lane(Band::iterator lane);

  std::map<std::uint32_t, Band, std::greater<>> bands_;
  std::unordered_map<QueueName, Band::iterator> lanes_;
  std::size_t size_ = 0;
};

}  // namespace posthaste
