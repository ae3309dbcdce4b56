#pragma once

#include <atomic>
#include <memory>

#include "mail/message_sink.h"
#include "queue/queue_manager.h"
#include "queue/settler.h"
#include "route/suppressor.h"
#include "spool/spool.h"

namespace posthaste {

// Takes what was received into the queues: one group for each recipient domain, in the class that
// the remote_queue rules say, without those whom the suppression list names; on disk and synced;
// then to the queue manager.
class Admission final : public MessageSink {
 public:
  // All outlive the admission. The rules are the settler's.
  struct Parts {
    Spool& spool;
    QueueManager& manager;
    const Settler& settler;
    Clock& clock;
    Suppressor* suppressor = nullptr;  // null: nobody is suppressed
  };
  explicit Admission(Parts parts) : parts_(parts) {}

  boost::asio::awaitable<Result<void>> take(ReceivedMessage message) override;
  bool is_accepting() const override {
    return !is_stopped_.load(std::memory_order_relaxed) && parts_.spool.is_accepting();
  }

  // Takes nothing more. Any thread.
  void stop() { is_stopped_.store(true, std::memory_order_relaxed); }

 private:
  std::vector<QueuedMessage> group_by_domain(const ReceivedMessage& message) const;

  boost::asio::awaitable<void> leave_out_suppressed(NewMessage& message);

  Parts parts_;
  std::atomic<bool> is_stopped_{false};
};

}  // namespace posthaste
