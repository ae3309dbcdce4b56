#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/io/task_group.h"
#include "report/outbox_follower.h"
#include "report/outcome_rates.h"
#include "shape/warmup_cell.h"
#include "spool/spool.h"

namespace posthaste {

// Measures bounces, deferrals and complaints by the outbox, tells of those that are too many, stops
// who goes over a budget, and lets warm-ups know what came after the delivery.
//
// What is counted is one write with the cursor behind it, every few seconds and with each alert, so
// that after a crash nothing is counted twice or left out. A suspension is handed to the spool
// before the alarm that asked for it: it may be asked for twice, never lost. What a warm-up is told
// may come twice after a crash.
//
// Lives on the report loop.
class RatesFollower {
 public:
  struct Parts {
    Spool& spool;
    Clock& clock;
    TaskGroup& tasks;
    // Stops the mail of this tenant or campaign; returns when the spool was given that.
    std::function<void(const RateSubject& subject, const RateBudget& budget,
                       const std::string& why)>
        suspend;
    // A complaint, or a bounce that came back by mail.
    std::function<void(const std::string& source, const std::string& provider,
                       const WarmupTally& tally)>
        tell_warmup;
    std::function<void(const RateChange& change)> log;
  };
  RatesFollower(Parts parts, std::shared_ptr<const RateRules> rules);

  // From where it was; the first time, from now on. Errors: the spool cannot be read.
  Result<void> start();
  // Takes what is there; for the end. The spool writes it as it closes.
  void finish();
  void set_rules(std::shared_ptr<const RateRules> rules) { rates_.set_rules(std::move(rules)); }

  // The last event that is counted on disk. Any thread.
  std::uint64_t position() const { return written_->load(std::memory_order_relaxed); }
  const OutcomeRates& rates() const { return rates_; }

 private:
  bool take(const std::vector<Spool::Told>& batch);
  void count(const Spool::Told& told);
  std::vector<Event> earlier(const Event& event, std::uint64_t sequence) const;
  // Windows move on when no mail does.
  boost::asio::awaitable<void> watch();
  void act(SpoolChanges& changes);
  // Writes what has changed, `cursor` being the last event that was counted.
  void write(std::uint64_t cursor, SpoolChanges changes);
  bool is_due() const { return parts_.clock.now() >= writes_at_; }

  Parts parts_;
  OutcomeRates rates_;
  std::shared_ptr<std::atomic<std::uint64_t>> written_;  // the spool's thread sets it
  std::optional<std::uint64_t> handed_;                  // the cursor that the spool was given
  Clock::time_point writes_at_{};
  OutboxFollower follower_;
};

}  // namespace posthaste
