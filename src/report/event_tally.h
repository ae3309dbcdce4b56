#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "event/event.h"

namespace posthaste {

// What became of recipients since the start of the server.
struct OutcomeCounts {
  std::uint64_t delivered = 0;
  std::uint64_t deferred = 0;  // attempts that must be made again
  std::uint64_t failed = 0;
  std::string last_failure;  // what the last one that was deferred or failed met

  std::uint64_t all() const { return delivered + deferred + failed; }
};

// Counts of events by provider, source and queue, for whoever watches the server; Metrics has those
// that last. Lives on the report loop.
class EventTally {
 public:
  // Of queues it keeps so many, the ones that events told of last.
  explicit EventTally(std::size_t max_queues = 10'000) : max_queues_(max_queues) {}

  void count(const Event& event);

  struct Queue {
    OutcomeCounts counts;
    std::string name;  // as QueueName::to_string() prints it
    std::string tenant;
    std::string campaign;
    std::string domain;
    std::uint64_t last_event = 0;  // its number among all that were counted
  };

  std::uint64_t received() const { return received_; }  // messages
  std::uint64_t rejected() const { return rejected_; }
  const OutcomeCounts& total() const { return total_; }
  // "default": of no provider, of no source, as in the metrics.
  const std::map<std::string, OutcomeCounts>& providers() const { return providers_; }
  const std::map<std::string, OutcomeCounts>& sources() const { return sources_; }
  // nullptr: not known, or forgotten.
  const Queue* queue(const std::string& name) const;
  // The queues with most outcomes, at most `max`, the busiest first.
  std::vector<const Queue*> busiest(std::size_t max) const;

 private:
  Queue& find_or_make(const Event& event);
  void forget_oldest();

  std::size_t max_queues_;
  std::uint64_t events_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t rejected_ = 0;
  OutcomeCounts total_;
  std::map<std::string, OutcomeCounts> providers_;
  std::map<std::string, OutcomeCounts> sources_;
  std::unordered_map<std::string, Queue> queues_;
};

}  // namespace posthaste
