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
// How long a peer that refused a further connection is not asked for more.
constexpr auto kCapFor = 60s;
constexpr auto kDrainCheck = 50ms;

}  // namespace

Dispatcher::Dispatcher(Parts parts, std::shared_ptr<const DeliveryConfig> config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      alarm_(parts_.tasks, parts_.clock, [this] { wake_sites(); }),
      inbox_(parts_.tasks.executor(),
             [this](auto messages) { take_messages(std::move(messages)); }) {
  for (std::size_t i = 0; i < parts_.loops.size(); ++i) {
    workers_.push_back(std::make_unique<Worker>(parts_.loops.loop(i)));
  }
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::start() {
  parts_.tasks.spawn(close_idle());
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

void Dispatcher::take_messages(std::vector<Message> messages) {
  for (Message& message : messages) {
    const auto known = links_.find(message.link);
    if (known == links_.end()) continue;
    const std::shared_ptr<Link> link = known->second;
    Site& site = *sites_.at(link->site);
    switch (message.kind) {
      case Message::Kind::pull:
        on_pull(*link, message);
        break;
      case Message::Kind::put_back:
        parts_.manager.put_back(std::move(message.messages));
        break;
      case Message::Kind::reached:
        link->is_reached = true;
        ++site.reached;
        site.failures = 0;
        break;
      case Message::Kind::failed:
        on_failed(*link, message.failure);
        break;
      case Message::Kind::closed:
        on_closed(message.link);
        break;
    }
  }
}

void Dispatcher::on_pull(Link& link, Message& message) {
  link.slot.give_back();
  if (is_draining_) {
    message.handler({});
    return;
  }
  Site& site = *sites_.at(link.site);
  link.waiting = std::move(message.handler);
  link.wanted = message.max;
  link.idle_since = parts_.clock.now();
  site.idle.push_back(links_.at(link.id));
  serve_and_wait(site);
  serve_blocked();
}

void Dispatcher::on_failed(Link& link, const AttemptFailure& failure) {
  Site& site = *sites_.at(link.site);
  const auto now = parts_.clock.now();
  if (site.reached > 0) {
    // Others are open: the peer takes no more of them.
    site.cap = site.reached;
    site.cap_until = now + kCapFor;
    return;
  }
  if (parts_.manager.is_resting(link.site)) return;  // another connection met the same
  ++site.failures;
  const std::uint32_t doublings = std::min(site.failures - 1, 20U);
  const Duration rest =
      std::min<Duration>(config_->site_rest * (1LL << doublings), config_->site_rest_ceiling);
  parts_.manager.rest_site(link.site, now + rest, failure);
}

void Dispatcher::on_closed(std::uint64_t id) {
  const auto known = links_.find(id);
  const std::shared_ptr<Link> link = known->second;
  links_.erase(known);
  link->slot.give_back();
  Site& site = *sites_.at(link->site);
  --site.links;
  if (link->is_reached) --site.reached;
  if (is_draining_) return;
  serve_and_wait(site);
  serve_blocked();
  if (site.links == 0 && !site.is_waiting && parts_.manager.ready(link->site) == 0 &&
      site.failures == 0) {
    sites_.erase(link->site);
  }
}

std::size_t Dispatcher::connection_limit(const Site& site) const {
  std::size_t limit = config_->connections_per_site;
  if (parts_.clock.now() < site.cap_until) limit = std::min(limit, site.cap);
  return limit;
}

bool Dispatcher::serve(Site& site) {
  bool any = false;
  while (!site.idle.empty()) {
    const std::shared_ptr<Link> link = site.idle.front();
    // Each connection its share, so that none sits on what another could carry.
    const std::size_t share =
        parts_.manager.ready(link->site) / std::max<std::size_t>(1, site.links) + 1;
    auto taken = parts_.manager.take(link->site, std::min(link->wanted, share));
    if (taken.messages.empty()) break;
    site.idle.pop_front();
    answer(*link, std::move(taken));
    any = true;
  }
  return any;
}

void Dispatcher::answer(Link& link, QueueManager::Taken taken) {
  link.slot = std::move(taken.slot);
  auto handler = std::exchange(link.waiting, nullptr);
  handler(std::move(taken.messages));
}

void Dispatcher::serve_and_wait(Site& site) {
  serve(site);
  const SiteName& name = site.destination.site;
  if (parts_.manager.ready(name) == 0) return;
  if (const auto refusal = parts_.manager.refusal(name)) return wait_for(site, *refusal);
  open_connections_for(site);
}

void Dispatcher::wait_for(Site& site, const LimitRefusal& refusal) {
  if (site.is_waiting) return;
  site.is_waiting = true;
  if (!refusal.until) {
    blocked_.push_back(site.destination.site);
    return;
  }
  waiting_.emplace(*refusal.until, site.destination.site);
  alarm_.set(*refusal.until);
}

void Dispatcher::wake_sites() {
  const auto now = parts_.clock.now();
  std::vector<SiteName> awake;
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    awake.push_back(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
  }
  // Who got something queues up behind those who did not: sites that share one rate take turns.
  std::vector<Site*> served;
  for (const SiteName& name : awake) {
    const auto known = sites_.find(name);
    if (known == sites_.end()) continue;
    Site& site = *known->second;
    site.is_waiting = false;
    if (serve(site)) {
      served.push_back(&site);
    } else {
      serve_and_wait(site);
    }
  }
  for (Site* site : served) serve_and_wait(*site);
  if (!waiting_.empty()) alarm_.set(waiting_.begin()->first);
}

void Dispatcher::serve_blocked() {
  for (const SiteName& name : std::exchange(blocked_, {})) {
    const auto known = sites_.find(name);
    if (known == sites_.end()) continue;
    known->second->is_waiting = false;
    serve_and_wait(*known->second);
  }
}

void Dispatcher::open_connections_for(Site& site) {
  const std::size_t opening = site.links - site.reached;
  const std::size_t busy = site.reached - std::min(site.reached, site.idle.size());
  const std::size_t ready = parts_.manager.ready(site.destination.site);
  // A site that nobody has reached yet is asked carefully; one that answers may grow fast.
  const std::size_t may_open = site.reached == 0 ? 2 : site.reached + 2;
  const std::size_t want = std::min(connection_limit(site), busy + ready);
  for (std::size_t i = opening; i < may_open && site.links < want; ++i) open(site);
}

void Dispatcher::open(Site& site) {
  auto link = std::make_shared<Link>(*this, next_link_++, site.destination.site);
  links_.emplace(link->id, link);
  ++site.links;
  ConnectionPlan plan;
  plan.destination = site.destination;
  if (plan.destination.route && !plan.destination.route->user.empty()) {
    plan.user = plan.destination.route->user;
    plan.password = parts_.password_of(*plan.destination.route);
  }
  Worker& worker = *workers_[next_worker_++ % workers_.size()];
  ConnectionParts parts{config_,    parts_.ehlo_name, parts_.clock,
                        parts_.tls, worker.tasks,     parts_.connect};
  asio::post(worker.loop.executor(), [&worker, link, plan = std::move(plan), parts] {
    worker.tasks.spawn(run_link(link, plan, parts));
  });
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

asio::awaitable<void> Dispatcher::close_idle() {
  while (!is_draining_) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kIdleCheck);
    const auto now = parts_.clock.now();
    for (auto& [name, site] : sites_) {
      while (!site->idle.empty() && now - site->idle.front()->idle_since >= config_->idle_timeout) {
        const std::shared_ptr<Link> link = site->idle.front();
        site->idle.pop_front();
        answer(*link, {});
      }
    }
  }
}

asio::awaitable<void> Dispatcher::drain(Clock::time_point deadline) {
  is_draining_ = true;
  for (auto& [name, site] : sites_) {
    for (const std::shared_ptr<Link>& link : std::exchange(site->idle, {})) answer(*link, {});
  }
  while (!links_.empty() && parts_.clock.now() < deadline) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kDrainCheck);
  }
  // What is still open is cut off; its messages are on disk and go out after the next start.
  for (auto& worker : workers_) {
    asio::post(worker->loop.executor(), [&tasks = worker->tasks] { tasks.cancel(); });
  }
  while (!links_.empty()) {
    co_await parts_.clock.sleep_until(parts_.clock.now() + kDrainCheck);
  }
}

}  // namespace posthaste
