#include "deliver/dispatcher.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "deliver/dispatcher_link.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr auto kIdleCheck = 1s;
constexpr auto kDrainCheck = 50ms;

}  // namespace

Dispatcher::Dispatcher(Parts parts, std::shared_ptr<const DeliveryConfig> config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      alarm_(parts_.tasks, parts_.clock,
             [this] {
               waits_.advance(parts_.clock.now());
               serve_awake();
             }),
      inbox_(parts_.tasks.executor(),
             [this](auto messages) { take_messages(std::move(messages)); }) {
  for (const auto& loop : parts_.loops) workers_.push_back(std::make_unique<TaskGroup>(loop));
  parts_.governor.set_on_free([this](const LimitMeter& meter) {
    waits_.freed(&meter);
    // Room that nobody of ours made, as by a record that is on disk now: nobody else would look.
    if (!is_taking_messages_ && waits_.has_awake()) alarm_.set(parts_.clock.now());
  });
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::start() {
  parts_.tasks.spawn(close_idle());
}

void Dispatcher::set_config(std::shared_ptr<const DeliveryConfig> config,
                            std::shared_ptr<const ReturnPaths> return_paths) {
  config_ = std::move(config);
  parts_.return_paths = std::move(return_paths);
}

void Dispatcher::ask_again() {
  waits_.wake_all();
  for (auto& [name, site] : sites_) serve_and_wait(*site);
  serve_awake();
}

void Dispatcher::on_ready(const Destination& destination) {
  if (is_draining_) return;
  auto& site = sites_[destination.site];
  if (!site) {
    site = std::make_unique<Site>(destination);
  } else if (site->destination.expires != destination.expires) {
    site->destination = destination;
  }
  serve_and_wait(*site);
}

// What met a failure may rest no longer; what has no address for the hosts has none now either.
void Dispatcher::on_flush(const Destination& destination) {
  const auto known = sites_.find(destination.site);
  if (known != sites_.end()) {
    for (auto& outlet : known->second->outlets) {
      if (outlet->failures > 0) outlet->rests_until.reset();
    }
  }
  on_ready(destination);
}

void Dispatcher::take_messages(std::vector<Message> messages) {
  is_taking_messages_ = true;
  for (Message& message : messages) {
    const auto known = links_.find(message.link);
    if (known == links_.end()) continue;
    const std::shared_ptr<Link> link = known->second;
    for (const auto& [queue, outcome] : message.outcomes) {
      parts_.governor.on_outcome(*link->outlet.cell, queue, outcome);
      skip_hosts(outcome.matches);
    }
    switch (message.kind) {
      case Message::Kind::pull:
        on_pull(*link, message);
        break;
      case Message::Kind::put_back:
        parts_.manager.put_back(std::move(message.messages));
        break;
      case Message::Kind::reached:
        on_reached(*link);
        break;
      case Message::Kind::failed:
        on_failed(*link, message);
        break;
      case Message::Kind::closed:
        on_closed(message.link);
        break;
    }
  }
  is_taking_messages_ = false;
  serve_awake();
}

void Dispatcher::on_pull(Link& link, Message& message) {
  link.deliveries.clear();
  if (is_draining_) {
    message.handler({});
    return;
  }
  link.waiting = std::move(message.handler);
  link.wanted = message.max;
  link.idle_since = parts_.clock.now();
  link.outlet.last_pull = link.idle_since;
  link.outlet.idle.push_back(links_.at(link.id));
  serve_and_wait(*sites_.at(link.site));
}

void Dispatcher::on_reached(Link& link) {
  Outlet& outlet = link.outlet;
  link.is_reached = true;
  ++outlet.reached;
  outlet.failures = 0;
  outlet.rests_until.reset();
  if (const auto refusal = std::exchange(outlet.first_refusal, std::nullopt)) {
    parts_.governor.on_connection_refused(*outlet.cell, static_cast<std::uint32_t>(outlet.reached),
                                          *refusal);
  }
}

void Dispatcher::on_failed(Link& link, const Message& message) {
  if (is_draining_) return;  // it may be we who ended it
  const AttemptFailure& failure = message.failure;
  Outlet& outlet = link.outlet;
  const auto now = parts_.clock.now();
  for (const RuleMatch& match : message.matches) {
    parts_.governor.on_session_reply(*outlet.cell, match);
  }
  skip_hosts(message.matches);
  link.has_failed = true;
  ++outlet.failed;
  if (outlet.reached > 0) {
    // Others are open: the peer takes no more of them.
    parts_.governor.on_connection_refused(*outlet.cell, static_cast<std::uint32_t>(outlet.reached),
                                          failure.text);
    return;
  }
  if (outlet.is_resting(now)) return;  // another connection met the same
  if (outlet.links > outlet.failed) {
    outlet.first_refusal = failure.text;
    return;
  }
  outlet.first_refusal.reset();
  ++outlet.failures;
  const std::uint32_t doublings = std::min(outlet.failures - 1, 20U);
  const Duration rest =
      std::min<Duration>(config_->site_rest * (1LL << doublings), config_->site_rest_ceiling);
  outlet.rests_until = now + rest;
  outlet.rests_because = failure.text;
  std::vector<SourceName> resting;
  for (const auto& one : sites_.at(link.site)->outlets) {
    if (one->is_resting(now)) resting.push_back(one->cell->source);
  }
  parts_.manager.rest_sources(link.site, resting, now + rest, failure);
}

void Dispatcher::on_closed(std::uint64_t id) {
  const auto known = links_.find(id);
  const std::shared_ptr<Link> link = known->second;
  links_.erase(known);
  link->deliveries.clear();
  link->connection.give_back();
  --link->outlet.links;
  if (link->is_reached) --link->outlet.reached;
  if (link->has_failed) --link->outlet.failed;
  if (link->outlet.links == 0) link->outlet.first_refusal.reset();
  if (is_draining_) return;
  serve_and_wait(*sites_.at(link->site));
  drop_if_unused(link->site);
}

void Dispatcher::skip_hosts(const std::vector<RuleMatch>& matches) {
  const auto now = parts_.clock.now();
  for (const RuleMatch& match : matches) {
    if (!match.rule->has(RuleAction::skip_host)) continue;
    std::erase_if(skipped_hosts_, [now](const auto& one) { return one.second <= now; });
    skipped_hosts_[match.host] = now + *match.rule->duration;
  }
}

void Dispatcher::answer(Link& link, std::vector<QueuedMessage> messages) {
  auto handler = std::exchange(link.waiting, nullptr);
  handler(std::move(messages));
}

asio::awaitable<void> Dispatcher::run_link(std::shared_ptr<Link> link, ConnectionPlan plan,
                                           ConnectionParts parts) {
  // Says so also when the task is unwound by cancellation.
  struct Farewell {
    Link& link;
    ~Farewell() { link.closed(); }
  } farewell{*link};
  co_await run_connection(std::move(plan), std::move(parts), *link);
}

// Of connections, and of sites that nobody has mail for any more.
asio::awaitable<void> Dispatcher::close_idle() {
  while (!is_draining_) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kIdleCheck);
    const auto now = parts_.clock.now();
    for (auto& [name, site] : sites_) {
      for (auto& outlet : site->outlets) {
        auto& idle = outlet->idle;
        while (!idle.empty() && now - idle.front()->idle_since >= config_->idle_timeout) {
          const std::shared_ptr<Link> link = idle.front();
          idle.pop_front();
          answer(*link, {});
        }
      }
    }
    drop_unused();
  }
}

asio::awaitable<void> Dispatcher::drain(Clock::time_point deadline) {
  is_draining_ = true;
  for (auto& [name, site] : sites_) {
    for (auto& outlet : site->outlets) {
      for (const std::shared_ptr<Link>& link : std::exchange(outlet->idle, {})) answer(*link, {});
    }
  }
  while (!links_.empty() && parts_.clock.now() < deadline) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kDrainCheck);
  }
  // What is still open is cut off; its messages are on disk, and are tried again after the next
  // start.
  for (auto& worker : workers_) {
    asio::post(worker->executor(), [&tasks = *worker] { tasks.cancel(); });
  }
  while (!links_.empty()) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kDrainCheck);
  }
}

}  // namespace posthaste
