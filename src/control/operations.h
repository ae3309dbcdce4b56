#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "event/event.h"
#include "platform/io/blocking_pool.h"
#include "queue/queue_manager.h"
#include "spool/spool.h"

namespace posthaste {

// Which queues an operation is about; what is empty is not asked for.
struct QueueFilter {
  std::string name;  // as QueueName::to_string() prints it
  std::string domain;
  std::string tenant;
  std::string campaign;
  std::string site;

  bool matches(const QueueState& state) const;
};

// What operators may do to a running server: one home for the API and the command line. Any loop;
// crosses over to the queue's.
class Operations {
 public:
  // All outlive the operations. `queue_loop` is the manager's.
  Operations(QueueManager& manager, Spool& spool, BlockingPool& disk,
             boost::asio::any_io_executor queue_loop)
      : manager_(manager), spool_(spool), disk_(disk), queue_loop_(std::move(queue_loop)) {}

  boost::asio::awaitable<std::vector<QueueState>> list(QueueFilter filter);
  // The first `max` messages of a queue, in the order of their times; without bodies.
  boost::asio::awaitable<std::vector<QueuedMessage>> messages(QueueName queue, std::size_t max);
  // Makes all their mail due now; returns how many queues.
  boost::asio::awaitable<std::size_t> flush(QueueFilter filter);

  boost::asio::awaitable<Result<std::vector<Event>>> trace(MessageId id);

  bool is_accepting() const { return spool_.is_accepting(); }
  std::string refusal() const { return spool_.refusal(); }

 private:
  QueueManager& manager_;
  Spool& spool_;
  BlockingPool& disk_;
  boost::asio::any_io_executor queue_loop_;
};

}  // namespace posthaste
