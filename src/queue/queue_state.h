#pragma once

#include <memory>
#include <optional>
#include <string>

#include "queue/queue_manager.h"

namespace posthaste {

// What the queue manager knows of one queue; private to it.
struct QueueManager::Queue {
  explicit Queue(QueueName name_in) : name(std::move(name_in)) {}

  QueueName name;
  ScheduledQueue schedule;
  // Until the site is known, what was given out waits here.
  std::vector<QueuedMessage> unrouted;
  std::optional<Destination> destination;
  bool is_finding = false;
  // No place was found for the domain: nothing goes out before this time, for this reason.
  std::optional<Clock::time_point> rests_until;
  std::string rests_because;
  std::int64_t depth_change = 0;        // since the start
  std::optional<WallTime> looks_again;  // its entry in due_times_
};

// What it knows of one site.
struct QueueManager::Site {
  explicit Site(Destination destination_in) : destination(std::move(destination_in)) {}

  Destination destination;
  ReadyQueue ready;
  std::optional<Clock::time_point> rests_until;
  std::string rests_because;
};

inline TlsDemand demand_of(const QueuedMessage& message) {
  if (message.envelope.require_tls) return TlsDemand::required;
  return message.envelope.tls_optional ? TlsDemand::optional : TlsDemand::none;
}

}  // namespace posthaste
