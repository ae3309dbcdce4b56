// How what an operator ordered is carried out.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "queue/queue_manager.h"
#include "queue/queue_state.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kOrder = "queue/order/";
// A queue that always holds mail is done when it was read through, and what was on a connection
// then has come back.
constexpr auto kInFlight = 10min;

std::string key_of(const QueueOrder& order) {
  return std::string(kOrder) + std::to_string(order.number);
}

}  // namespace

MailScope QueueManager::scope_of(const QueueName& name) const {
  MailScope mail;
  mail.remote_queue = name.remote_queue;
  mail.tenant = name.tenant.value();
  mail.campaign = name.campaign.value();
  mail.domain = name.domain.ascii();
  mail.pool = parts_.governor.rules().pool_of(name).name;
  return mail;
}

const QueueOrder* QueueManager::order_for(const QueueName& name) const {
  if (orders_.empty()) return nullptr;
  const MailScope mail = scope_of(name);
  const auto found = std::find_if(orders_.begin(), orders_.end(),
                                  [&](const Order& one) { return one.order.scope.covers(mail); });
  return found == orders_.end() ? nullptr : &found->order;
}

const QueueOrder* QueueManager::order_for(const QueuedMessage& message) const {
  if (orders_.empty()) return nullptr;
  const MailScope mail = scope_of(message.queue);
  for (const Order& one : orders_) {
    const QueueOrder& order = one.order;
    const bool is_there =
        order.kind == QueueOrder::Kind::rebind && order.to == message.queue.remote_queue;
    if (!is_there && message.accepted <= order.given && order.scope.covers(mail)) return &order;
  }
  return nullptr;
}

QueueManager::Touched QueueManager::count(const MailScope& scope) const {
  Touched touched;
  for (const auto& [name, queue] : queues_) {
    if (!scope.covers(scope_of(name))) continue;
    ++touched.queues;
    touched.messages += depth_of(*queue);
  }
  return touched;
}

QueueManager::Touched QueueManager::give_order(QueueOrder order) {
  const Touched touched = count(order.scope);
  order.number = next_order_++;
  order.given = parts_.clock.wall();
  parts_.spool.put_state(key_of(order), order.encode());
  orders_.push_back({std::move(order), false, {}});
  if (is_discovered_) begin_orders();
  return touched;
}

void QueueManager::begin_orders() {
  std::unordered_set<QueueName> meant;
  std::vector<Queue*> chosen;
  for (auto& [name, queue] : queues_) {
    const MailScope mail = scope_of(name);
    for (Order& one : orders_) {
      if (one.is_begun || !one.order.scope.covers(mail)) continue;
      one.pending.insert(name);
      meant.insert(name);
    }
    if (meant.contains(name)) chosen.push_back(queue.get());
  }
  for (Order& one : orders_) one.is_begun = true;
  std::vector<QueuedMessage> given_out;
  const auto add = [&given_out](std::vector<QueuedMessage> messages) {
    given_out.insert(given_out.end(), std::move_iterator(messages.begin()),
                     std::move_iterator(messages.end()));
  };
  // Also at sites that are not the queue's any more, or of what demands something of TLS.
  for (auto& [name, site] : sites_) {
    add(site->ready.take_queues([&](const QueueName& one) { return meant.contains(one); }));
  }
  for (Queue* queue : chosen) add(std::exchange(queue->unrouted, {}));
  for (QueuedMessage& message : given_out) {
    Queue& queue = find_or_make(message.queue);
    give_out(queue, std::move(message));
  }
  for (Queue* queue : chosen) {
    queue->schedule.flush(parts_.clock.wall());
    read_if_wanted(*queue);
  }
  finish_orders();
}

void QueueManager::carry_out(const QueueOrder& order, QueuedMessage message) {
  if (order.kind == QueueOrder::Kind::bounce) {
    commit(parts_.settler.bounce(std::move(message), order.reason, order.notifies));
    return;
  }
  Settlement settlement;
  settlement.before = message;
  settlement.before.body = nullptr;
  message.queue.remote_queue = order.to;
  message.due = parts_.clock.wall();
  message.wish = {};
  message.body = nullptr;
  settlement.after = message;
  // It leaves one queue and arrives in another.
  auto settled = std::make_shared<Settled>();
  settled->before = settlement.before;
  settled->notices.push_back(std::move(message));
  parts_.spool.settle(std::move(settlement),
                      [this, settled] { this->settled(std::move(*settled)); });
}

void QueueManager::finish_orders() {
  const WallTime now = parts_.clock.wall();
  for (Order& one : orders_) {
    if (!one.is_begun) continue;
    std::erase_if(one.pending, [&](const QueueName& name) {
      const auto known = queues_.find(name);
      if (known == queues_.end()) return true;
      const ScheduledQueue& schedule = known->second->schedule;
      const bool is_read_through = !schedule.flushed_at() && !schedule.wants_read(now);
      return is_read_through && (schedule.held() == 0 || now - one.order.given > kInFlight);
    });
    if (one.pending.empty()) parts_.spool.remove_state(key_of(one.order));
  }
  std::erase_if(orders_, [](const Order& one) { return one.is_begun && one.pending.empty(); });
}

// Those of an earlier run.
void QueueManager::take_up_orders() {
  const auto records = parts_.spool.scan_state(kOrder);
  if (!records) return;
  for (const auto& [key, value] : *records) {
    auto order = QueueOrder::decode(value);
    if (!order) continue;
    const std::string_view number = std::string_view(key).substr(kOrder.size());
    std::from_chars(number.data(), number.data() + number.size(), order->number);
    next_order_ = std::max(next_order_, order->number + 1);
    orders_.push_back({std::move(*order), false, {}});
  }
}

std::vector<QueueOrder> QueueManager::orders() const {
  std::vector<QueueOrder> orders;
  for (const Order& one : orders_) orders.push_back(one.order);
  return orders;
}

}  // namespace posthaste
