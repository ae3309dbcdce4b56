#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "event/event.h"
#include "platform/io/blocking_pool.h"
#include "queue/queue_manager.h"
#include "report/limit_history.h"
#include "spool/spool.h"

namespace posthaste {

// Which queues an operation is about; what is empty is not asked for.
struct QueueFilter {
  std::string name;  // as QueueName::to_string() prints it
  MailScope scope;

  bool empty() const { return name.empty() && scope.empty(); }
};

// Why one recipient group of a message is where it is.
struct MessageExplanation {
  QueuedMessage message;  // without its body
  std::optional<QueueManager::Explanation> queue;
};

// What operators may do to a running server: one home for the API and the command line. Any loop;
// crosses over to the queue's.
class Operations {
 public:
  // All outlive the operations. `queue_loop` is the manager's.
  struct Parts {
    QueueManager& manager;
    Governor& governor;
    Spool& spool;
    Clock& clock;
    BlockingPool& disk;
    boost::asio::any_io_executor queue_loop;
    LimitHistory& history;
    std::function<void()> ask_again;  // limits or suspensions have changed; on the queue loop
  };
  explicit Operations(Parts parts) : parts_(std::move(parts)) {}

  boost::asio::awaitable<std::vector<QueueState>> list(QueueFilter filter);
  // The first `max` messages of a queue, in the order of their times; without bodies.
  boost::asio::awaitable<Result<std::vector<QueuedMessage>>> messages(QueueName queue,
                                                                      std::size_t max);
  // Makes all their mail due now; returns how many queues.
  boost::asio::awaitable<std::size_t> flush(QueueFilter filter);

  using Touched = QueueManager::Touched;
  // What a scope covers now.
  boost::asio::awaitable<Touched> count(MailScope scope);
  // The next three return when what they did is on disk, and outlasts whatever comes. An error: it
  // could not be written, and holds until the server ends.
  //
  // Stops mail until then, or until it is resumed. Returns what waits of it now.
  boost::asio::awaitable<Result<Touched>> suspend(Suspension suspension);
  // Ends the suspensions within the scope; returns how many.
  boost::asio::awaitable<Result<std::size_t>> resume(MailScope scope);
  boost::asio::awaitable<std::vector<Suspension>> suspensions();
  // Bounces or rebinds all that waits. An error: the remote_queue to rebind to is not defined.
  boost::asio::awaitable<Result<Touched>> order(QueueOrder order);
  boost::asio::awaitable<std::vector<QueueOrder>> orders();

  // The events of a message, with the changes of limits that bore on it.
  boost::asio::awaitable<Result<std::vector<Event>>> trace(MessageId id);
  // The groups of the message that still wait; none: it has ended, or was never here.
  boost::asio::awaitable<Result<std::vector<MessageExplanation>>> explain(MessageId id);

  // What closed loops hold back on a queue's way, and the latest changes there.
  struct Way {
    std::vector<Governor::HeldPace> held;
    std::vector<Event> changes;
  };
  boost::asio::awaitable<Way> way_of(QueueName queue);

  // Where each source stands in its warm-up.
  boost::asio::awaitable<std::vector<WarmupBook::Status>> warmup();

  WallTime now() const { return parts_.clock.wall(); }
  bool is_accepting() const { return parts_.spool.is_accepting(); }
  std::string refusal() const { return parts_.spool.refusal(); }

 private:
  boost::asio::awaitable<Result<void>> written();
  bool matches(const QueueFilter& filter, const QueueState& state) const;

  Parts parts_;
};

}  // namespace posthaste
