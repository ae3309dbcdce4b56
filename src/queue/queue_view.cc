// What people see of the queues, and ask of them.
#include <algorithm>
#include <chrono>
#include <utility>

#include "queue/queue_manager.h"
#include "queue/queue_state.h"

namespace posthaste {

std::uint64_t QueueManager::depth_of(const Queue& queue) const {
  const auto counted = counts_.find(queue.name);
  const std::int64_t at_start =
      counted == counts_.end() ? 0 : static_cast<std::int64_t>(counted->second);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, at_start + queue.depth_change));
}

std::map<std::string, QueueManager::Total> QueueManager::totals() const {
  std::map<std::string, Total> totals;
  for (const RemoteQueueConfig& block : rules_->blocks()) totals[block.name];
  for (const auto& [name, queue] : queues_) {
    Total& total = totals[name.remote_queue];
    total.depth += depth_of(*queue);
    const auto oldest = queue->schedule.oldest();
    if (oldest && (!total.oldest || *oldest < *total.oldest)) total.oldest = oldest;
  }
  return totals;
}

// What stands in the way of a queue's next message, when it does for every source that could carry
// it: the one that could be first.
std::optional<LimitRefusal> QueueManager::refusal_of(const Queue& queue) const {
  if (auto refusal = parts_.governor.refusal_to_start(queue.name)) return refusal;
  if (!queue.destination) return std::nullopt;
  std::optional<LimitRefusal> soonest;
  for (const Pool::Member& member : parts_.governor.rules().pool_of(queue.name).members) {
    const auto cell = parts_.governor.cell(member.source, *queue.destination);
    auto refusal = parts_.governor.refusal_to_send(queue.name, *cell);
    if (!refusal) refusal = parts_.governor.refusal_to_open(*cell);
    if (!refusal) return std::nullopt;
    const bool is_sooner =
        !soonest || (refusal->until && (!soonest->until || *refusal->until < *soonest->until));
    if (is_sooner) soonest = std::move(refusal);
  }
  return soonest;
}

QueueState QueueManager::state_of(const Queue& queue) const {
  QueueState state;
  state.name = queue.name;
  state.depth = depth_of(queue);
  state.oldest = queue.schedule.oldest();
  state.is_depth_exact = is_depth_exact_;
  state.in_memory = queue.schedule.held();
  state.next_due = queue.schedule.next_due();
  const auto now = parts_.clock.now();
  auto rest = [&](const std::optional<Clock::time_point>& until, const std::string& because) {
    if (!until || *until <= now) return;
    state.waits_for = because;
    state.waits_until =
        parts_.clock.wall() + std::chrono::duration_cast<WallTime::duration>(*until - now);
  };
  rest(queue.rests_until, queue.rests_because);
  if (queue.destination) {
    state.site = queue.destination->site;
    const auto site = sites_.find(state.site);
    if (site != sites_.end()) rest(site->second->rests_until, site->second->rests_because);
  }
  if (state.waits_for.empty() && state.depth > 0) {
    if (const auto limit = refusal_of(queue)) {
      rest(limit->until.value_or(now + std::chrono::seconds(1)), limit->limit);
    }
  }
  return state;
}

std::optional<QueueManager::Explanation> QueueManager::explain(const QueueName& name) const {
  const auto known = queues_.find(name);
  if (known == queues_.end()) return std::nullopt;
  const Queue& queue = *known->second;
  Explanation explanation;
  explanation.state = state_of(queue);
  const Pool& pool = parts_.governor.rules().pool_of(name);
  explanation.pool = pool.name;
  if (!queue.destination) return explanation;
  const auto now = parts_.clock.now();
  for (const Pool::Member& member : pool.members) {
    const auto cell = parts_.governor.cell(member.source, *queue.destination);
    explanation.provider = cell->provider;
    Explanation::Way way{member.source, parts_.governor.refusal_to_start(name), std::nullopt};
    if (!way.refusal) way.refusal = parts_.governor.refusal_to_send(name, *cell);
    if (!way.refusal) way.refusal = parts_.governor.refusal_to_open(*cell);
    if (way.refusal && way.refusal->until) {
      way.until = parts_.clock.wall() +
                  std::chrono::duration_cast<WallTime::duration>(*way.refusal->until - now);
    }
    explanation.ways.push_back(std::move(way));
  }
  return explanation;
}

std::vector<QueueState> QueueManager::list() const {
  std::vector<QueueState> states;
  states.reserve(queues_.size());
  for (const auto& [name, queue] : queues_) states.push_back(state_of(*queue));
  return states;
}

std::size_t QueueManager::flush(const Filter& filter) {
  std::vector<Queue*> chosen;
  for (auto& [name, queue] : queues_) {
    if (filter(state_of(*queue))) chosen.push_back(queue.get());
  }
  for (Queue* queue : chosen) {
    queue->rests_until.reset();
    for (const TlsDemand demand : {TlsDemand::none, TlsDemand::required, TlsDemand::optional}) {
      if (!queue->destination) break;
      const auto site = sites_.find(site_with_demand(*queue->destination, demand));
      if (site != sites_.end()) site->second->rests_until.reset();
      if (site != sites_.end() && observer_) observer_->on_flush(site->second->destination);
    }
    queue->schedule.flush(parts_.clock.wall());
    read_if_wanted(*queue);
    if (!queue->unrouted.empty()) route(*queue);
  }
  return chosen.size();
}

}  // namespace posthaste
