// Arrivals, outcomes, and what the dispatcher takes; see queue_reading.cc for how mail comes back
// from disk and queue_routing.cc for how it finds its site.
#include "queue/queue_manager.h"

#include <algorithm>
#include <utility>

#include "queue/queue_state.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

DueEntry entry_of(const QueuedMessage& message) {
  return {message.due, message.id, message.group};
}

}  // namespace

QueueManager::QueueManager(Parts parts, std::shared_ptr<const QueueRules> rules,
                           std::shared_ptr<const DestinationFinder> finder)
    : parts_(parts),
      rules_(std::move(rules)),
      finder_(std::move(finder)),
      arrivals_(parts.tasks.executor(),
                [this](auto arrivals) { take_arrivals(std::move(arrivals)); }),
      outcomes_(parts.tasks.executor(),
                [this](auto outcomes) { take_outcomes(std::move(outcomes)); }) {}

QueueManager::~QueueManager() = default;

void QueueManager::start() {
  parts_.tasks.spawn(discover());
  parts_.tasks.spawn(watch_due_times());
}

void QueueManager::stop() {
  is_stopping_ = true;
  arrivals_.close();
  outcomes_.close();
}

void QueueManager::reload(std::shared_ptr<const QueueRules> rules,
                          std::shared_ptr<const DestinationFinder> finder) {
  rules_ = std::move(rules);
  finder_ = std::move(finder);
  for (auto& [name, queue] : queues_) {
    // Routes may have changed: the next message asks again.
    if (queue->destination) queue->destination->expires = parts_.clock.now();
    queue->rests_until.reset();
  }
}

QueueManager::Queue& QueueManager::find_or_make(const QueueName& name) {
  auto& slot = queues_[name];
  if (!slot) slot = std::make_unique<Queue>(name);
  return *slot;
}

void QueueManager::drop_if_empty(Queue& queue) {
  const bool has_count = is_counted_ && !counts_.contains(queue.name);
  const bool is_idle = queue.schedule.is_empty() && queue.unrouted.empty() && !queue.is_finding;
  if (is_idle && has_count && !queue.looks_again) queues_.erase(QueueName(queue.name));
}

void QueueManager::take_arrivals(std::vector<std::vector<QueuedMessage>> arrivals) {
  for (auto& groups : arrivals) {
    for (QueuedMessage& message : groups) admit(std::move(message));
  }
}

void QueueManager::admit(QueuedMessage message) {
  Queue& queue = find_or_make(message.queue);
  ++queue.depth_change;
  if (queue.schedule.admit(entry_of(message), parts_.clock.wall())) {
    give_out(queue, std::move(message));
  } else {
    read_if_wanted(queue);
  }
}

void QueueManager::take_outcomes(std::vector<Settled> outcomes) {
  for (Settled& settled : outcomes) {
    Queue& queue = find_or_make(settled.before.queue);
    queue.schedule.release(entry_of(settled.before), settled.next);
    if (!settled.next) --queue.depth_change;
    for (QueuedMessage& notice : settled.notices) admit(std::move(notice));
    read_if_wanted(queue);
    drop_if_empty(queue);
  }
}

void QueueManager::give_out(Queue& queue, QueuedMessage message) {
  if (is_stopping_) return;
  queue.unrouted.push_back(std::move(message));
  route(queue);
}

std::optional<LimitRefusal> QueueManager::refusal(const SiteName& site) const {
  const auto known = sites_.find(site);
  if (known == sites_.end()) return LimitRefusal{"nothing is ready", std::nullopt};
  if (is_resting(site)) {
    return LimitRefusal{known->second->rests_because, known->second->rests_until};
  }
  std::optional<LimitRefusal> first;
  for (const std::string& remote_queue : known->second->ready.remote_queues()) {
    auto refusal = parts_.governor.refusal(remote_queue);
    if (!refusal) return std::nullopt;
    const bool is_sooner =
        !first || (refusal->until && (!first->until || *refusal->until < *first->until));
    if (is_sooner) first = std::move(refusal);
  }
  return first ? first : LimitRefusal{"nothing is ready", std::nullopt};
}

QueueManager::Taken QueueManager::take(const SiteName& site, std::size_t max) {
  Taken taken;
  const auto known = sites_.find(site);
  if (known == sites_.end() || is_resting(site)) return taken;
  auto may_start = [this](const std::string& remote_queue) {
    return !parts_.governor.refusal(remote_queue);
  };
  auto may_send = [this](const std::string& remote_queue) {
    return !parts_.governor.take_token(remote_queue);
  };
  taken.messages = known->second->ready.take(max, may_start, may_send);
  if (!taken.messages.empty()) {
    taken.slot = parts_.governor.take_slot(taken.messages.front().queue.remote_queue);
  }
  return taken;
}

void QueueManager::put_back(std::vector<QueuedMessage> messages) {
  if (is_stopping_) return;
  std::reverse(messages.begin(), messages.end());
  for (QueuedMessage& message : messages) {
    Queue& queue = find_or_make(message.queue);
    const auto site = queue.destination ? sites_.find(queue.destination->site) : sites_.end();
    if (site == sites_.end()) {
      give_out(queue, std::move(message));
      continue;
    }
    const RemoteQueueConfig* policy = rules_->find(message.queue.remote_queue);
    site->second->ready.push_front(std::move(message), policy ? policy->priority : 5);
    if (observer_) observer_->on_ready(site->second->destination);
  }
}

std::size_t QueueManager::ready(const SiteName& site) const {
  const auto known = sites_.find(site);
  return known == sites_.end() ? 0 : known->second->ready.size();
}

bool QueueManager::is_resting(const SiteName& site) const {
  const auto known = sites_.find(site);
  return known != sites_.end() && known->second->rests_until &&
         parts_.clock.now() < *known->second->rests_until;
}

void QueueManager::rest_site(const SiteName& name, Clock::time_point until,
                             const AttemptFailure& failure) {
  const auto known = sites_.find(name);
  if (known == sites_.end()) return;
  known->second->rests_until = until;
  known->second->rests_because = failure.text;
  defer_all(known->second->ready.take_all(), failure);
}

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

QueueState QueueManager::state_of(const Queue& queue) const {
  QueueState state;
  state.name = queue.name;
  state.depth = depth_of(queue);
  state.oldest = queue.schedule.oldest();
  state.is_depth_exact = is_counted_;
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
    if (const auto limit = parts_.governor.refusal(queue.name.remote_queue)) {
      rest(limit->until.value_or(now + std::chrono::seconds(1)), limit->limit);
    }
  }
  return state;
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
    if (queue->destination) {
      const auto site = sites_.find(queue->destination->site);
      if (site != sites_.end()) site->second->rests_until.reset();
      if (site != sites_.end() && observer_) observer_->on_ready(site->second->destination);
    }
    queue->schedule.flush(parts_.clock.wall());
    read_if_wanted(*queue);
    if (!queue->unrouted.empty()) route(*queue);
  }
  return chosen.size();
}

}  // namespace posthaste
