#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "mail/header_form.h"
#include "mail/message_sink.h"
#include "queue/queue_manager.h"
#include "queue/settler.h"
#include "route/return_paths.h"
#include "route/suppressor.h"
#include "spool/spool.h"

namespace posthaste {

// Told of what messages lack, for metrics. Called on every loop; implementations never wait.
class AdmissionObserver {
 public:
  virtual ~AdmissionObserver() = default;

  virtual void on_broken_rule(SenderRule rule, bool is_refused) = 0;
  // Of each message of a list; never ListHeaders::none.
  virtual void on_list_headers(ListHeaders headers) = 0;
};

// Takes what was received into the queues: one group for each recipient domain, in the class that
// the remote_queue rules say, without those whom the suppression list names; on disk and synced;
// then to the queue manager. What breaks the rules for senders (route/sender_rules.h) of a class
// that rejects it is refused as a whole.
class Admission final : public MessageSink {
 public:
  // All outlive the admission. The rules are the settler's.
  struct Parts {
    Spool& spool;
    QueueManager& manager;
    const Settler& settler;
    Clock& clock;
    Suppressor* suppressor = nullptr;                      // null: nobody is suppressed
    std::shared_ptr<const ReturnPaths> return_paths = {};  // null: no bounce domain
    AdmissionObserver* observer = nullptr;                 // null: nobody listens
  };
  explicit Admission(Parts parts) : parts_(std::move(parts)), return_paths_(parts_.return_paths) {}

  boost::asio::awaitable<Result<void>> take(ReceivedMessage message) override;
  bool is_accepting() const override {
    return !is_stopped_.load(std::memory_order_relaxed) && parts_.spool.is_accepting();
  }

  // From now on. Any thread.
  void set_return_paths(std::shared_ptr<const ReturnPaths> paths) {
    return_paths_.with([&](auto& current) { current = std::move(paths); });
  }

  // Takes nothing more. Any thread.
  void stop() { is_stopped_.store(true, std::memory_order_relaxed); }

 private:
  std::vector<QueuedMessage> group_by_domain(const ReceivedMessage& message,
                                             const QueueRules& rules) const;
  // What the rules for senders say of each group whose class asks for them.
  struct Judged {
    std::vector<SenderRule> broken;  // of all groups, each once
    std::string alignment;           // of the first group; "" where no class asks
    std::string refusal;             // lines for the client; "": it is taken
  };
  Judged judge(const ReceivedMessage& message, const std::vector<QueuedMessage>& groups,
               const QueueRules& rules) const;
  void report(const ReceivedMessage& message, const Judged& judged, Event& reception) const;

  boost::asio::awaitable<void> leave_out_suppressed(NewMessage& message);

  Parts parts_;
  Guarded<std::shared_ptr<const ReturnPaths>> return_paths_;
  std::atomic<bool> is_stopped_{false};
};

}  // namespace posthaste
