// Arrivals and outcomes; see queue_reading.cc for how mail comes back from disk, queue_routing.cc
// for how it finds its site, queue_taking.cc for how it leaves, and queue_view.cc for what people
// see.
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
  take_up_orders();
  parts_.tasks.spawn(discover(parts_.spool.view()));
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
  std::vector<Queue*> waiting;
  for (auto& [name, queue] : queues_) {
    // Routes may have changed: the next message asks again.
    if (queue->destination) queue->destination->expires = parts_.clock.now();
    queue->rests_until.reset();
    if (!queue->unrouted.empty()) waiting.push_back(queue.get());
  }
  for (Queue* queue : waiting) route(*queue);
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
    // What was on a connection when an order was given comes back to be read once more.
    if (settled.next && order_for(settled.before)) queue.schedule.flush(parts_.clock.wall());
    read_if_wanted(queue);
    drop_if_empty(queue);
  }
}

void QueueManager::give_out(Queue& queue, QueuedMessage message) {
  if (is_stopping_) return;
  if (const QueueOrder* order = order_for(message)) {
    carry_out(*order, std::move(message));
    return;
  }
  queue.unrouted.push_back(std::move(message));
  route(queue);
}

}  // namespace posthaste
