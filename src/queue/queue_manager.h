#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "platform/io/blocking_pool.h"
#include "platform/io/inbox.h"
#include "platform/io/task_group.h"
#include "queue/queue_order.h"
#include "queue/ready_queue.h"
#include "queue/refusals.h"
#include "queue/scheduled_queue.h"
#include "queue/settler.h"
#include "route/destination.h"
#include "route/queue_rule.h"
#include "shape/governor.h"
#include "spool/spool.h"

namespace posthaste {

// Hears of sites that have work; called on the queue loop.
class SiteObserver {
 public:
  virtual ~SiteObserver() = default;
  // Messages are ready for this site, now or still.
  virtual void on_ready(const Destination& destination) = 0;
  // The site's mail is to be tried now, whatever kept it from there before.
  virtual void on_flush(const Destination& destination) = 0;
};

// What a person asks of a queue.
struct QueueState {
  QueueName name;
  std::uint64_t depth = 0;
  // False while the queues of before the start are still counted, or when they could not be.
  bool is_depth_exact = false;
  std::size_t in_memory = 0;
  SiteName site;                     // empty: not looked up yet
  std::optional<WallTime> oldest;    // acceptance of the first in line, as far as known
  std::optional<WallTime> next_due;  // when something falls due; absent: now, or never
  std::string waits_for;             // why nothing goes out now; "" when it does
  std::optional<WallTime> waits_until;
};

// All queues of the server: takes what was accepted, reads back what waited on disk, finds each
// domain's site, and gives out what may go. See docs/architecture.md, "the life of a message".
//
// Lives on the queue loop; only handed_over() and settled() may be called from elsewhere.
class QueueManager {
 public:
  struct Parts {
    Spool& spool;
    Clock& clock;
    BlockingPool& disk;
    TaskGroup& tasks;  // of the queue loop
    Governor& governor;
    Settler& settler;
  };
  QueueManager(Parts parts, std::shared_ptr<const QueueRules> rules,
               std::shared_ptr<const DestinationFinder> finder);
  QueueManager(const QueueManager&) = delete;
  QueueManager& operator=(const QueueManager&) = delete;
  ~QueueManager();

  void set_observer(SiteObserver& observer) { observer_ = &observer; }
  // Finds the queues on disk and begins to deliver them. Reads the orders that are not done. Called
  // before mail is taken: what is handed over later is counted by itself.
  void start();
  // Gives out nothing more.
  void stop();
  // New rules and routes for what is looked up from now on.
  void reload(std::shared_ptr<const QueueRules> rules,
              std::shared_ptr<const DestinationFinder> finder);

  // A message was committed. Any thread.
  void handed_over(std::vector<QueuedMessage> groups) { arrivals_.push(std::move(groups)); }

  // The outcome of a message that was taken is on disk. Any thread.
  struct Settled {
    QueuedMessage before;                // without its body
    std::optional<DueEntry> next;        // where it waits now; none: it has ended
    std::vector<QueuedMessage> notices;  // notifications that were made of it
  };
  void settled(Settled settled) { outcomes_.push(std::move(settled)); }

  // The rest is called on the queue loop.

  // Whether a message of the site could be taken for a connection of `cell` now. Takes none; what
  // stands in the way is added to `refusals`.
  bool has_work_for(const SiteName& site, const SendingCell& cell, Refusals& refusals) const;
  struct Taken {
    std::vector<QueuedMessage> messages;  // empty: nothing is ready, or limits hold it back
    std::vector<Governor::Hold> holds;    // of their classes, tenants and campaigns
    double share = 0;                     // of the source's turns that they use up, by its weights
  };
  Taken take(const SiteName& site, const SendingCell& cell, std::size_t max, Refusals& refusals);
  // Whether every class that has mail for the site is stopped, whatever the source.
  bool are_all_stopped(const SiteName& site, const Refusals& refusals) const;
  // The sources that may carry what is ready for the site.
  std::vector<SourceName> sources_for(const SiteName& site) const;
  // What was taken and not tried comes back to the head of its queue.
  void put_back(std::vector<QueuedMessage> messages);
  std::size_t ready(const SiteName& site) const;
  // Recipient domains of what is ready for the site, `max` at most.
  std::vector<std::string> domains_at(const SiteName& site, std::size_t max) const;

  // No host of the site could be reached from these sources: what only they may carry is deferred
  // with `failure`, and when that is all that is ready, the site rests until `until`.
  void rest_sources(const SiteName& site, const std::vector<SourceName>& sources,
                    Clock::time_point until, const AttemptFailure& failure);
  bool is_resting(const SiteName& site) const;
  // When the rest ends, and why the site rests; nullopt when it does not.
  std::optional<LimitRefusal> rest_of(const SiteName& site) const;
  // Nobody serves the site any more: what is known of it is forgotten unless mail is ready for it.
  void forget_site(const SiteName& site);

  std::vector<QueueState> list() const;
  // The queues of each remote_queue together.
  struct Total {
    std::uint64_t depth = 0;
    std::optional<WallTime> oldest;  // acceptance, as far as known
  };
  std::map<std::string, Total> totals() const;
  // Makes all messages of these queues due now. Returns how many queues.
  using Filter = std::function<bool(const QueueState&)>;
  std::size_t flush(const Filter& filter);

  // Queues and messages that a scope covers, as far as they are counted.
  struct Touched {
    std::uint64_t queues = 0;
    std::uint64_t messages = 0;
  };
  Touched count(const MailScope& scope) const;
  // The words of a queue that a scope is compared with; source, site and provider are none.
  MailScope scope_of(const QueueName& name) const;
  // Begins to carry it out; returns what it is about. Requires: a rebind goes to a remote_queue
  // that there is.
  Touched give_order(QueueOrder order);
  // Those that are not done yet.
  std::vector<QueueOrder> orders() const;

  // Why the mail of a queue is where it is: for each source that could carry it what stands in the
  // way, nothing when it may go.
  struct Explanation {
    QueueState state;
    struct Way {
      SourceName source;
      std::optional<LimitRefusal> refusal;
      std::optional<WallTime> until;
    };
    std::vector<Way> ways;
    std::string pool;
    std::string provider;
  };
  std::optional<Explanation> explain(const QueueName& name) const;

 private:
  struct Queue;
  struct Site;

  // queue_manager.cc: arrivals and outcomes
  void take_arrivals(std::vector<std::vector<QueuedMessage>> arrivals);
  void take_outcomes(std::vector<Settled> outcomes);
  void admit(QueuedMessage message);
  Queue& find_or_make(const QueueName& name);
  void give_out(Queue& queue, QueuedMessage message);
  void drop_if_empty(Queue& queue);
  boost::asio::awaitable<void> discover(std::shared_ptr<const StoreView> at_start);
  boost::asio::awaitable<void> count_waiting(std::shared_ptr<const StoreView> at_start);

  // queue_orders.cc: what operators ordered
  struct Order {
    QueueOrder order;
    bool is_begun = false;                  // not before the queues on disk are found
    std::unordered_set<QueueName> pending;  // queues that may still hold mail that is meant
  };
  const QueueOrder* order_for(const QueueName& name) const;
  const QueueOrder* order_for(const QueuedMessage& message) const;
  void take_up_orders();
  void begin_orders();
  void carry_out(const QueueOrder& order, QueuedMessage message);
  void finish_orders();

  // queue_reading.cc: disk to memory
  void read_if_wanted(Queue& queue);
  boost::asio::awaitable<void> read(QueueName name, ScheduledQueue::Read range);
  boost::asio::awaitable<void> watch_due_times();

  // queue_routing.cc: domain to site
  void route(Queue& queue);
  boost::asio::awaitable<void> find_site(QueueName name);
  void settle_at_site(Queue& queue, const Destination& destination);
  Site& site_at(const Destination& destination);
  void fail_queue(Queue& queue, const DestinationFailure& failure);
  void look_when_rested(const Queue& queue);
  void defer_all(std::vector<QueuedMessage> messages, const AttemptFailure& failure);
  void expire(QueuedMessage message);
  void settle(QueuedMessage message, const AttemptFailure& failure);
  void commit(Settlement settlement);

  bool may_carry(const ReadyQueue::LaneName& lane, const SourceName& source) const;
  ReadyQueue::Turn turn_of(const QueueName& queue) const;
  std::uint64_t depth_of(const Queue& queue) const;
  std::optional<LimitRefusal> refusal_of(const Queue& queue) const;
  QueueState state_of(const Queue& queue) const;

  Parts parts_;
  std::shared_ptr<const QueueRules> rules_;
  std::shared_ptr<const DestinationFinder> finder_;
  SiteObserver* observer_ = nullptr;
  bool is_stopping_ = false;
  bool is_discovered_ = false;   // the queues on disk are known
  bool is_counted_ = false;      // as far as it could be
  bool is_depth_exact_ = false;  // and nothing was left out

  std::unordered_map<QueueName, std::unique_ptr<Queue>> queues_;
  std::unordered_map<SiteName, std::unique_ptr<Site>> sites_;
  std::multimap<WallTime, QueueName> due_times_;         // when to look at a queue again
  std::unordered_map<QueueName, std::uint64_t> counts_;  // entries at the start, once counted
  std::vector<Order> orders_;
  std::uint64_t next_order_ = 1;
  Inbox<std::vector<QueuedMessage>> arrivals_;
  Inbox<Settled> outcomes_;
};

// Writes an outcome, and tells the manager when it is on disk. Any thread. `manager` outlives the
// spool's store.
void commit_settlement(Spool& spool, QueueManager& manager, Settlement settlement);

}  // namespace posthaste
