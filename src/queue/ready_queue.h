#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/fair_turns.h"
#include "spool/queued_message.h"

namespace posthaste {

// The messages for one site that wait only for a connection. A higher priority goes first; within
// one priority tenants take turns by weight, within a tenant its campaigns, within a campaign its
// queues; within a queue the order of arrival holds.
//
// Lives on the queue loop; not thread-safe.
class ReadyQueue {
 public:
  // Where a message stands among the others.
  struct Turn {
    std::uint32_t priority = 5;
    std::uint32_t tenant_weight = 1;
    std::uint32_t campaign_weight = 1;
  };
  // Messages that are all alike in what they may do.
  struct LaneName {
    QueueName queue;
    SourceWish wish;
    auto operator<=>(const LaneName&) const = default;
  };

  void push(QueuedMessage message, const Turn& turn);
  // Puts back what was taken and not tried: it is the first of its queue again.
  void push_front(QueuedMessage message, const Turn& turn);

  // Takes up to `max` messages, each when `may_send` allows its lane one more.
  using Permit = std::function<bool(const LaneName&)>;
  std::vector<QueuedMessage> take(std::size_t max, const Permit& may_send);
  // Whether `permit` allows any lane; asks each until it does.
  bool any(const Permit& permit) const;

  // Takes all messages of the queues that `is_chosen` names, or of every queue.
  std::vector<QueuedMessage> take_queues(const std::function<bool(const QueueName&)>& is_chosen);
  std::vector<QueuedMessage> take_all();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The remote_queues of the messages here, with their number.
  const std::map<std::string, std::size_t>& remote_queues() const { return remote_queues_; }

 private:
  struct Lane {
    LaneName name;
    std::uint32_t priority;
    std::deque<QueuedMessage> messages;
  };
  struct Campaign {
    std::list<Lane> lanes;  // in the order of their turns; none is empty
  };
  struct Tenant {
    FairTurns<Campaign> campaigns;
    std::uint64_t refused_in = 0;  // the call of take() in which nothing of it could go
  };
  using Band = FairTurns<Tenant>;

  Lane& lane(const QueuedMessage& message, const Turn& turn);
  bool take_one(Band& band, const Permit& may_send, std::vector<QueuedMessage>& taken);
  bool take_one(FairTurns<Tenant>::Entry& tenant, const Permit& may_send,
                std::vector<QueuedMessage>& taken);
  std::vector<QueuedMessage> take_lane(const LaneName& name);
  void drop_if_empty(std::uint32_t priority, const std::string& tenant,
                     const std::string& campaign);
  void count(const std::string& remote_queue, std::ptrdiff_t change);

  std::map<std::uint32_t, Band, std::greater<>> bands_;
  std::map<LaneName, std::list<Lane>::iterator> lanes_;
  std::map<std::string, std::size_t> remote_queues_;
  std::size_t size_ = 0;
  std::uint64_t calls_ = 0;
};

}  // namespace posthaste
