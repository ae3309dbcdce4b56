// How a queue finds its site, and what happens when there is none.
#include <array>
#include <chrono>
#include <utility>

#include "queue/queue_manager.h"
#include "queue/queue_state.h"

namespace posthaste {

namespace asio = boost::asio;

void QueueManager::route(Queue& queue) {
  const auto now = parts_.clock.now();
  if (queue.rests_until && now < *queue.rests_until) return;
  if (queue.destination && now < queue.destination->expires) {
    settle_at_site(queue, *queue.destination);
    return;
  }
  if (queue.is_finding) return;
  queue.is_finding = true;
  parts_.tasks.spawn(find_site(queue.name));
}

asio::awaitable<void> QueueManager::find_site(QueueName name) {
  const auto finder = finder_;
  DestinationResult result = co_await finder->find(name.domain);
  if (is_stopping_) co_return;
  Queue& queue = find_or_make(name);
  queue.is_finding = false;
  queue.rests_until.reset();
  if (finder != finder_) {  // what was found may be on a route that is there no more
    route(queue);
    co_return;
  }
  if (auto* failure = std::get_if<DestinationFailure>(&result)) {
    fail_queue(queue, *failure);
  } else {
    auto& destination = std::get<Destination>(result);
    queue.destination = destination;
    settle_at_site(queue, destination);
  }
}

QueueManager::Site& QueueManager::site_at(const Destination& destination) {
  auto& site = sites_[destination.site];
  if (!site) {
    site = std::make_unique<Site>(destination);
  } else {
    site->destination = destination;
  }
  return *site;
}

void QueueManager::settle_at_site(Queue& queue, const Destination& destination) {
  // What demands something of TLS goes over connections of its own (RFC 8689 §4.2.1).
  std::array<Site*, 3> sites{};
  const ReadyQueue::Turn turn = turn_of(queue.name);
  std::size_t fresh = 0;
  for (QueuedMessage& message : std::exchange(queue.unrouted, {})) {
    if (message.attempts == 0) ++fresh;
    const TlsDemand demand = demand_of(message);
    Site*& site = sites.at(static_cast<std::size_t>(demand));
    if (site == nullptr) {
      site = &site_at(demand == TlsDemand::none ? destination : with_demand(destination, demand));
    }
    site->ready.push(std::move(message), turn);
  }
  parts_.governor.expect(queue.name, destination, fresh);
  for (Site* site : sites) {
    if (observer_ && site != nullptr) observer_->on_ready(site->destination);
  }
}

void QueueManager::fail_queue(Queue& queue, const DestinationFailure& found) {
  AttemptFailure failure;
  failure.is_permanent = found.is_permanent;
  failure.classification = found.classification;
  failure.smtp_code = found.code;
  failure.enhanced_status = found.enhanced_status;
  failure.text = found.text;
  queue.destination.reset();
  if (!found.is_permanent) {
    // The domain's other mail waits for the next look-up, not each message for its own.
    queue.rests_until = found.expires;
    queue.rests_because = found.text;
    look_when_rested(queue);
  }
  defer_all(std::exchange(queue.unrouted, {}), failure);
}

void QueueManager::look_when_rested(const Queue& queue) {
  const auto wait = *queue.rests_until - parts_.clock.now();
  due_times_.emplace(parts_.clock.wall() + std::chrono::ceil<WallTime::duration>(wait), queue.name);
}

void QueueManager::defer_all(std::vector<QueuedMessage> messages, const AttemptFailure& failure) {
  for (QueuedMessage& message : messages) settle(std::move(message), failure);
}

void QueueManager::settle(QueuedMessage message, const AttemptFailure& failure) {
  commit(parts_.settler.settle_all(std::move(message), failure));
}

void QueueManager::expire(QueuedMessage message) {
  commit(parts_.settler.expire(std::move(message)));
}

void QueueManager::commit(Settlement settlement) {
  commit_settlement(parts_.spool, *this, std::move(settlement));
}

void commit_settlement(Spool& spool, QueueManager& manager, Settlement settlement) {
  QueueManager::Settled settled;
  settled.before = settlement.before;
  if (settlement.after) {
    const QueuedMessage& after = *settlement.after;
    settled.next = DueEntry{after.due, after.id, after.group};
  }
  for (const NewMessage& notice : settlement.notices) {
    for (const QueuedMessage& group : notice.groups) settled.notices.push_back(group);
  }
  auto shared = std::make_shared<QueueManager::Settled>(std::move(settled));
  spool.settle(std::move(settlement), [&manager, shared] { manager.settled(std::move(*shared)); });
}

}  // namespace posthaste
