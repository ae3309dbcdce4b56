#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/queue_manager.h"
#include "shape/governor.h"

namespace posthaste {

// Which queues hold most mail, what holds them back, and over how many connections their mail goes.
// Asks about a bounded number of queues, whatever is queued, and reads nothing from the disk: all
// queues are gone through only so often that it takes a fiftieth of the loop's time at most, and
// never where that would hold up mail for longer than some 50 ms.
//
// Lives on the queue loop.
class QueueSurvey {
 public:
  // Queues, for each source: about a microsecond each.
  static constexpr std::uint64_t kMaxListed = 60'000;
  static constexpr std::size_t kMaxFound = 100;

  struct Parts {
    QueueManager& manager;
    Governor& governor;
    Clock& clock;
  };
  explicit QueueSurvey(Parts parts) : parts_(parts) {}

  // One source towards one provider, or towards all sites of nobody's.
  struct Flow {
    std::string source;
    std::string provider;  // "": nobody's
    std::uint32_t connections = 0;
    // What the closed loop holds it to, and why: "rate 9.5/s: deferred: …".
    std::optional<double> rate;  // messages a second
    std::optional<std::uint32_t> max_connections;
    std::string state;
  };
  struct Found {
    std::map<std::string, QueueManager::Total> totals;  // by remote_queue
    std::vector<QueueManager::Explanation> queues;      // the longest first, kMaxFound at most
    // Whether they are the longest of all; else those of `busy`, for there are too many.
    bool are_longest = true;
    std::uint64_t queue_count = 0;  // of those that hold mail
    std::vector<Flow> flows;
    std::vector<Suspension> suspensions;
  };
  // `busy` are queues that are known to have moved; few.
  Found look(const std::vector<QueueName>& busy);

 private:
  void list_all();
  void remember_cells(const QueueManager::Explanation& explanation);
  std::vector<Flow> flows();

  Parts parts_;
  Clock::time_point lists_at_{};
  std::uint64_t queue_count_ = 0;
  bool are_longest_ = false;
  std::vector<QueueName> longest_;  // as far as known when last looked
  // Those that carried mail of the queues that were looked at.
  std::unordered_map<std::string, std::weak_ptr<SendingCell>> cells_;
};

}  // namespace posthaste
