// How mail that waited on disk comes back to memory.
#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "queue/queue_manager.h"
#include "queue/queue_state.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

// How often queues whose time has come are looked for. Retries are minutes apart; a second late
// is on time.
constexpr auto kTick = 250ms;

// What a read of one queue brings.
struct Reading {
  Result<Spool::DuePage> page;
  std::vector<QueuedMessage> messages;
};

}  // namespace

asio::awaitable<void> QueueManager::discover(std::shared_ptr<const StoreView> at_start) {
  using Found = std::vector<std::pair<QueueName, DueEntry>>;
  std::function<Found()> look = [&spool = parts_.spool] {
    Found found;
    auto take = [&found](QueueName name, DueEntry first) {
      found.emplace_back(std::move(name), first);
      return true;
    };
    // What cannot be read now is found when its queue gets new mail, or at the next start.
    (void)spool.visit_queues(take).has_value();
    return found;
  };
  Found found = co_await parts_.disk.run<Found>(look);
  for (auto& [name, first] : found) {
    if (is_stopping_) co_return;
    Queue& queue = find_or_make(name);
    queue.schedule.discover(first);
  }
  is_discovered_ = true;
  begin_orders();
  for (auto& [name, first] : found) read_if_wanted(find_or_make(name));
  co_await count_waiting(std::move(at_start));
}

asio::awaitable<void> QueueManager::count_waiting(std::shared_ptr<const StoreView> at_start) {
  using Counts = std::unordered_map<QueueName, std::uint64_t>;
  using Counting = std::pair<Counts, bool>;  // and whether it came to its end
  std::function<Counting()> walk = [&spool = parts_.spool, view = std::move(at_start)] {
    Counts counts;
    auto take = [&counts](QueueName name, std::uint64_t entries) {
      counts.emplace(std::move(name), entries);
      return true;
    };
    const bool is_whole = spool.count_entries(*view, take).has_value();
    return Counting(std::move(counts), is_whole);
  };
  std::tie(counts_, is_depth_exact_) = co_await parts_.disk.run<Counting>(std::move(walk));
  is_counted_ = true;
}

void QueueManager::read_if_wanted(Queue& queue) {
  if (is_stopping_) return;
  const auto range = queue.schedule.start_read(parts_.clock.wall());
  if (range) {
    parts_.tasks.spawn(read(queue.name, *range));
    return;
  }
  const auto next = queue.schedule.next_due();
  // What is due and finds no room in memory is asked for again by the outcomes that make room.
  if (!next || *next <= parts_.clock.wall()) return;
  if (!queue.looks_again || *next < *queue.looks_again) {
    queue.looks_again = *next;
    due_times_.emplace(*next, queue.name);
  }
}

asio::awaitable<void> QueueManager::read(QueueName name, ScheduledQueue::Read range) {
  using Page = Result<Spool::DuePage>;
  std::function<Page()> look = [&spool = parts_.spool, name, range] {
    return spool.due_page(name, range.from, range.until, range.max);
  };
  Page page = co_await parts_.disk.run<Page>(look);
  if (is_stopping_) co_return;
  ScheduledQueue& schedule = find_or_make(name).schedule;
  const auto flushed_at = schedule.flushed_at();
  // A failed read looks like an empty page that is not the last: it is tried again.
  const std::vector<DueEntry> fresh = schedule.finish_read(page ? *page : Spool::DuePage{});

  const bool needs_bodies = order_for(name) == nullptr;
  std::function<std::vector<QueuedMessage>()> load = [&spool = parts_.spool, fresh, needs_bodies] {
    return needs_bodies ? spool.load(fresh) : spool.load_records(fresh);
  };
  std::vector<QueuedMessage> messages = co_await parts_.disk.run<std::vector<QueuedMessage>>(load);
  if (is_stopping_) co_return;

  // With nothing fresh the queue may have come to its end meanwhile, and be another now.
  Queue& queue = find_or_make(name);
  std::size_t next = 0;
  for (QueuedMessage& message : messages) {
    while (next < fresh.size() && fresh[next].id != message.id)
      queue.schedule.forget(fresh[next++]);
    if (next < fresh.size()) ++next;
    // The page may be older than the record: then the entry has moved on, or ended, meanwhile.
    if (message.due != fresh[next - 1].due) {
      queue.schedule.forget(fresh[next - 1]);
      continue;
    }
    if (order_for(message)) {
      give_out(queue, std::move(message));
    } else if (parts_.settler.is_expired(message)) {
      expire(std::move(message));
    } else if (flushed_at && message.last_attempt >= *flushed_at) {
      queue.schedule.skip(fresh[next - 1]);
    } else {
      give_out(queue, std::move(message));
    }
  }
  while (next < fresh.size()) queue.schedule.forget(fresh[next++]);
  read_if_wanted(queue);
  drop_if_empty(queue);
}

asio::awaitable<void> QueueManager::watch_due_times() {
  while (!is_stopping_) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kTick);
    const WallTime now = parts_.clock.wall();
    if (!orders_.empty()) finish_orders();
    while (!due_times_.empty() && due_times_.begin()->first <= now) {
      const QueueName name = std::move(due_times_.begin()->second);
      const WallTime time = due_times_.begin()->first;
      due_times_.erase(due_times_.begin());
      const auto known = queues_.find(name);
      if (known == queues_.end()) continue;
      Queue& queue = *known->second;
      if (queue.looks_again == time) queue.looks_again.reset();
      if (queue.rests_until && !queue.unrouted.empty()) {
        if (*queue.rests_until <= parts_.clock.now()) {
          route(queue);
        } else {
          look_when_rested(queue);  // the two clocks are not one
        }
      }
      read_if_wanted(queue);
      drop_if_empty(queue);
    }
  }
}

}  // namespace posthaste
