// What the dispatcher takes for its connections, and what it brings back.
#include <algorithm>
#include <utility>

#include "queue/queue_manager.h"
#include "queue/queue_state.h"

namespace posthaste {

// A wish that no source of the pool could fulfil is none.
bool QueueManager::may_carry(const ReadyQueue::LaneName& lane, const SourceName& source) const {
  const Pool& pool = parts_.governor.rules().pool_of(lane.queue);
  if (pool.weight_of(source) == 0) return false;
  if (!lane.wish.only.empty() && pool.weight_of(SourceName(lane.wish.only)) > 0) {
    return lane.wish.only == source.value();
  }
  return pool.members.size() == 1 || lane.wish.other_than != source.value();
}

ReadyQueue::Turn QueueManager::turn_of(const QueueName& queue) const {
  const RemoteQueueConfig* policy = rules_->find(queue.remote_queue);
  const ShapingRules& rules = parts_.governor.rules();
  return {policy ? policy->priority : rules_->outbound().priority, rules.weight_of(queue.tenant),
          rules.weight_of(queue.tenant, queue.campaign)};
}

bool QueueManager::has_work_for(const SiteName& site, const SendingCell& cell,
                                Refusals& refusals) const {
  const auto known = sites_.find(site);
  if (is_stopping_ || known == sites_.end() || is_resting(site)) return false;
  refusals.begin_source(parts_.governor.suspends_domains());
  return known->second->ready.any([&](const ReadyQueue::LaneName& lane) {
    if (refusals.stop(lane.queue) || !may_carry(lane, cell.source)) return false;
    auto refusal = parts_.governor.refusal_to_start(lane.queue);
    if (!refusal) refusal = parts_.governor.refusal_to_send(lane.queue, cell);
    const bool may_go = !refusal;
    if (!may_go) refusals.add(lane.queue, std::move(*refusal));
    return may_go;
  });
}

QueueManager::Taken QueueManager::take(const SiteName& site, const SendingCell& cell,
                                       std::size_t max, Refusals& refusals) {
  Taken taken;
  const auto known = sites_.find(site);
  if (is_stopping_ || known == sites_.end() || is_resting(site)) return taken;
  std::vector<QueueName> started;
  refusals.begin_source(parts_.governor.suspends_domains());
  auto may_send = [&](const ReadyQueue::LaneName& lane) {
    if (refusals.stop(lane.queue) || !may_carry(lane, cell.source)) return false;
    const bool is_started = std::any_of(started.begin(), started.end(), [&](const auto& one) {
      return one.remote_queue == lane.queue.remote_queue && one.tenant == lane.queue.tenant &&
             one.campaign == lane.queue.campaign;
    });
    auto refusal = is_started ? std::nullopt : parts_.governor.refusal_to_start(lane.queue);
    if (!refusal) refusal = parts_.governor.take_token(lane.queue, cell);
    if (refusal) {
      refusals.add(lane.queue, std::move(*refusal));
      return false;
    }
    if (!is_started) {
      started.push_back(lane.queue);
      taken.holds.push_back(parts_.governor.start(lane.queue));
    }
    taken.share += 1.0 / parts_.governor.rules().pool_of(lane.queue).weight_of(cell.source);
    return true;
  };
  taken.messages = known->second->ready.take(max, may_send);
  return taken;
}

bool QueueManager::are_all_stopped(const SiteName& site, const Refusals& refusals) const {
  const auto known = sites_.find(site);
  if (known == sites_.end()) return true;
  const auto& classes = known->second->ready.remote_queues();
  return std::all_of(classes.begin(), classes.end(),
                     [&](const auto& one) { return refusals.stop_class(one.first); });
}

std::vector<SourceName> QueueManager::sources_for(const SiteName& site) const {
  std::vector<SourceName> sources;
  const auto known = sites_.find(site);
  if (known == sites_.end()) return sources;
  for (const auto& [remote_queue, count] : known->second->ready.remote_queues()) {
    for (const Pool::Member& member : parts_.governor.rules().pool_of_class(remote_queue).members) {
      if (std::find(sources.begin(), sources.end(), member.source) == sources.end()) {
        sources.push_back(member.source);
      }
    }
  }
  return sources;
}

void QueueManager::forget_site(const SiteName& site) {
  const auto known = sites_.find(site);
  if (known != sites_.end() && known->second->ready.empty() && !is_resting(site)) {
    sites_.erase(known);
  }
}

void QueueManager::put_back(std::vector<QueuedMessage> messages) {
  if (is_stopping_) return;
  std::reverse(messages.begin(), messages.end());
  for (QueuedMessage& message : messages) {
    Queue& queue = find_or_make(message.queue);
    const auto site = queue.destination
                          ? sites_.find(site_with_demand(*queue.destination, demand_of(message)))
                          : sites_.end();
    if (site == sites_.end() || order_for(message)) {
      give_out(queue, std::move(message));
      continue;
    }
    const ReadyQueue::Turn turn = turn_of(message.queue);
    site->second->ready.push_front(std::move(message), turn);
    if (observer_) observer_->on_ready(site->second->destination);
  }
}

std::size_t QueueManager::ready(const SiteName& site) const {
  const auto known = sites_.find(site);
  return known == sites_.end() ? 0 : known->second->ready.size();
}

std::vector<std::string> QueueManager::domains_at(const SiteName& site, std::size_t max) const {
  std::vector<std::string> domains;
  const auto known = sites_.find(site);
  if (known == sites_.end()) return domains;
  known->second->ready.any([&](const ReadyQueue::LaneName& lane) {
    const std::string& domain = lane.queue.domain.ascii();
    if (std::find(domains.begin(), domains.end(), domain) == domains.end()) {
      domains.push_back(domain);
    }
    return domains.size() >= max;
  });
  return domains;
}

bool QueueManager::is_resting(const SiteName& site) const {
  const auto known = sites_.find(site);
  return known != sites_.end() && known->second->rests_until &&
         parts_.clock.now() < *known->second->rests_until;
}

std::optional<LimitRefusal> QueueManager::rest_of(const SiteName& site) const {
  if (!is_resting(site)) return std::nullopt;
  const Site& known = *sites_.at(site);
  return LimitRefusal{known.rests_because, known.rests_until, {}, nullptr};
}

void QueueManager::rest_sources(const SiteName& name, const std::vector<SourceName>& sources,
                                Clock::time_point until, const AttemptFailure& failure) {
  const auto known = sites_.find(name);
  if (known == sites_.end()) return;
  Site& site = *known->second;
  const auto is_cut_off = [&](const QueueName& queue) {
    const Pool& pool = parts_.governor.rules().pool_of(queue);
    return std::all_of(pool.members.begin(), pool.members.end(), [&](const Pool::Member& member) {
      return std::find(sources.begin(), sources.end(), member.source) != sources.end();
    });
  };
  std::vector<QueuedMessage> deferred = site.ready.take_queues(is_cut_off);
  if (site.ready.empty()) {
    site.rests_until = until;
    site.rests_because = failure.text;
  }
  defer_all(std::move(deferred), failure);
}

}  // namespace posthaste
