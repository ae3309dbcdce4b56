#pragma once

#include "platform/metrics.h"
#include "report/event_tally.h"
#include "report/outbox_follower.h"

namespace posthaste {

// Counts what the outbox tells, from the start of the server on, so that counters and events never
// disagree. Lives on the report loop.
class EventMetrics {
 public:
  EventMetrics(Metrics& metrics, Spool& spool, Clock& clock, TaskGroup& tasks);

  void start();
  std::uint64_t position() const { return follower_.position(); }
  // The same counts for whoever watches.
  const EventTally& tally() const { return tally_; }

 private:
  void count(const Event& event);

  Metrics& metrics_;
  Spool& spool_;
  Counter deferred_;
  Histogram latency_;
  EventTally tally_;
  OutboxFollower follower_;
};

}  // namespace posthaste
