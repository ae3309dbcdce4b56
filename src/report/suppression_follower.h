#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "report/outbox_follower.h"
#include "route/suppressor.h"

namespace posthaste {

// Keeps the suppression list in step with the outbox: what the events of a batch mean is one write
// with the cursor behind them. Lives on the report loop.
class SuppressionFollower {
 public:
  SuppressionFollower(Spool& spool, Clock& clock, TaskGroup& tasks, Suppressor& suppressor);

  // From where it was; the first time, from now on.
  void start();
  // Takes what is there; for the end. The spool writes it as it closes.
  void finish() { follower_.catch_up(); }
  // The last event whose meaning is on disk. Any thread.
  std::uint64_t position() const { return written_->load(std::memory_order_relaxed); }

 private:
  // What is handed to the spool and not to be read there yet.
  struct Pending {
    std::optional<std::string> value;
    std::uint64_t batch = 0;
  };
  using Overlay = Guarded<std::unordered_map<std::string, Pending>>;

  bool take(const std::vector<Spool::Told>& batch);
  Spool::Found look_up(const std::vector<std::string>& keys) const;

  Spool& spool_;
  Suppressor& suppressor_;
  std::shared_ptr<Overlay> pending_;  // outlives this: the spool's thread clears it
  std::shared_ptr<std::atomic<std::uint64_t>> written_;
  std::uint64_t batches_ = 0;
  OutboxFollower follower_;
};

}  // namespace posthaste
