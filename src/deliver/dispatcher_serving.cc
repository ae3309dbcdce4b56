// What is sent, from which source, over which connections.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "deliver/dispatcher.h"
#include "deliver/dispatcher_link.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

// How many messages a source may carry more than its weight says while another, which could, has
// not asked for them yet.
constexpr double kAhead = 32;
constexpr double kBehind = 8;
// A source that has asked for nothing for this long waits for its peer, and nobody waits for it.
constexpr auto kStalled = 1s;
// Recipient domains that one connection is told of, for TLS.
constexpr std::size_t kMaxDomains = 20;

bool has_address_for(const Destination& destination, const SourceConfig& source) {
  if (!source.address) return true;
  return std::any_of(destination.hosts.begin(), destination.hosts.end(), [&](const MxHost& host) {
    return std::any_of(host.addresses.begin(), host.addresses.end(),
                       [&](const Endpoint& one) { return source.address->can_reach(one); });
  });
}

}  // namespace

void Dispatcher::find_outlets(Site& site) {
  for (const SourceName& source : parts_.manager.sources_for(site.destination.site)) {
    const bool is_known = std::any_of(site.outlets.begin(), site.outlets.end(),
                                      [&](const auto& one) { return one->cell->source == source; });
    const SourceConfig* config = parts_.governor.rules().sources.find(source);
    if (is_known || config == nullptr) continue;
    auto outlet = std::make_unique<Outlet>(parts_.governor.cell(source, site.destination));
    if (!has_address_for(site.destination, *config)) {
      outlet->rests_until = site.destination.expires;
      outlet->rests_because = "source \"" + source.value() + "\" and the hosts of " +
                              site.destination.site.value() +
                              " have no addresses of one family: add a source of the other family "
                              "to the pool";
    }
    // It has carried nothing, but has no right to catch up.
    for (const auto& other : site.outlets) {
      outlet->carried =
          outlet->carried == 0 ? other->carried : std::min(outlet->carried, other->carried);
    }
    site.outlets.push_back(std::move(outlet));
  }
}

// A busy source would carry it as well: the one that is ahead of its share leaves it to that.
bool Dispatcher::is_ahead(const Site& site, const Outlet& outlet) const {
  const auto now = parts_.clock.now();
  return std::any_of(site.outlets.begin(), site.outlets.end(), [&](const auto& other) {
    const bool may_ask_soon = other->reached > 0 && now - other->last_pull < kStalled;
    if (!may_ask_soon || outlet.carried <= other->carried + kAhead) return false;
    Refusals ignored;
    return parts_.manager.has_work_for(site.destination.site, *other->cell, ignored);
  });
}

Dispatcher::Outlet* Dispatcher::next_to_serve(Site& site, const std::vector<Outlet*>& passed_over,
                                              Refusals& refusals) {
  Outlet* next = nullptr;
  for (const auto& outlet : site.outlets) {
    const bool is_passed_over =
        std::find(passed_over.begin(), passed_over.end(), outlet.get()) != passed_over.end();
    if (is_passed_over || outlet->idle.empty()) continue;
    if (next == nullptr || outlet->carried < next->carried) next = outlet.get();
  }
  if (next != nullptr && site.outlets.size() > 1 && is_ahead(site, *next)) {
    // Asked again when the other pulls, and if it does not, after a while.
    refusals.add({"its weight in the pool", parts_.clock.now() + kStalled, {}, nullptr});
    return nullptr;
  }
  return next;
}

// A source of the pool that is behind its share and has no connection gets one, though there is
// room on others': otherwise mail that comes one by one would stay with those who are there.
void Dispatcher::open_for_those_behind(Site& site, const Outlet& ahead, const QueueName& queue) {
  const Pool& pool = parts_.governor.rules().pool_of(queue);
  const auto now = parts_.clock.now();
  for (const auto& outlet : site.outlets) {
    const bool is_behind = outlet->carried + kBehind < ahead.carried;
    if (!is_behind || outlet->links > 0 || outlet->is_resting(now)) continue;
    if (pool.weight_of(outlet->cell->source) == 0) continue;
    if (parts_.governor.refusal_to_send(queue, *outlet->cell)) continue;
    if (!parts_.governor.refusal_to_open(*outlet->cell)) open(site, *outlet);
  }
}

bool Dispatcher::serve(Site& site, Refusals& refusals) {
  bool any = false;
  std::vector<Outlet*> passed_over;
  const SiteName& name = site.destination.site;
  while (Outlet* const outlet = next_to_serve(site, passed_over, refusals)) {
    const std::shared_ptr<Link> link = outlet->idle.front();
    // Each connection its share, so that none sits on what another could carry.
    const std::size_t share =
        parts_.manager.ready(name) / std::max<std::size_t>(1, site.links()) + 1;
    auto taken = parts_.manager.take(name, *outlet->cell, std::min(link->wanted, share), refusals);
    if (taken.messages.empty()) {
      if (parts_.manager.are_all_stopped(name, refusals)) return any;
      passed_over.push_back(outlet);
      continue;
    }
    outlet->carried += taken.share;
    outlet->idle.pop_front();
    open_for_those_behind(site, *outlet, taken.messages.front().queue);
    link->deliveries = std::move(taken.holds);
    answer(*link, std::move(taken.messages));
    any = true;
  }
  return any;
}

void Dispatcher::serve_and_wait(Site& site) {
  if (is_draining_) return;
  const SiteName& name = site.destination.site;
  Refusals refusals;
  const bool got_any = serve(site, refusals);
  if (parts_.manager.ready(name) == 0) return;
  if (const auto rest = parts_.manager.rest_of(name)) {
    refusals.add(*rest);
  } else {
    find_outlets(site);
    open_connections_for(site, refusals);
  }
  const auto place = got_any ? LimitWaits::Place::last : LimitWaits::Place::first;
  for (const LimitRefusal& refusal : refusals.list()) waits_.add(name, refusal, place);
  if (const auto next = waits_.next()) alarm_.set(*next);
}

void Dispatcher::serve_awake() {
  if (is_draining_) return;
  while (const auto name = waits_.take_awake()) {
    const auto known = sites_.find(*name);
    if (known == sites_.end()) continue;
    serve_and_wait(*known->second);
    drop_if_unused(*name);
  }
  if (const auto next = waits_.next()) alarm_.set(*next);
}

// A site that nobody has reached yet is asked carefully; one that answers may grow fast. What is on
// its way to open, `opening` in all, will take of what is ready, too.
bool Dispatcher::may_grow(const Site& site, const Outlet& outlet, std::size_t opening) const {
  if (outlet.first_refusal) return false;
  const std::size_t own = outlet.links - outlet.reached;
  if (own >= (outlet.reached == 0 ? 2 : outlet.reached + 2)) return false;
  return opening < parts_.manager.ready(site.destination.site);
}

void Dispatcher::open_connections_for(Site& site, Refusals& refusals) {
  std::vector<Outlet*> order;
  std::size_t opening = 0;
  for (const auto& outlet : site.outlets) {
    order.push_back(outlet.get());
    opening += outlet->links - outlet->reached;
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Outlet* a, const Outlet* b) { return a->carried < b->carried; });
  const auto now = parts_.clock.now();
  for (Outlet* outlet : order) {
    if (parts_.manager.are_all_stopped(site.destination.site, refusals)) return;
    if (outlet->is_resting(now)) {
      refusals.add({outlet->rests_because, outlet->rests_until, {}, nullptr});
      continue;
    }
    if (!outlet->idle.empty()) continue;  // it has room, and limits that say no
    if (!parts_.manager.has_work_for(site.destination.site, *outlet->cell, refusals)) continue;
    for (; may_grow(site, *outlet, opening); ++opening) {
      if (auto refusal = parts_.governor.refusal_to_open(*outlet->cell)) {
        refusals.add(std::move(*refusal));
        break;
      }
      open(site, *outlet);
    }
  }
}

// Those that no rule skips; all when it skips all, for mail must go somewhere.
std::vector<MxHost> Dispatcher::usable_hosts(const Destination& destination) const {
  if (skipped_hosts_.empty()) return destination.hosts;
  const auto now = parts_.clock.now();
  std::vector<MxHost> usable;
  for (const MxHost& host : destination.hosts) {
    const auto skipped = skipped_hosts_.find(host.name);
    if (skipped == skipped_hosts_.end() || skipped->second <= now) usable.push_back(host);
  }
  return usable.empty() ? destination.hosts : usable;
}

void Dispatcher::open(Site& site, Outlet& outlet) {
  auto link = std::make_shared<Link>(*this, next_link_++, site.destination.site, outlet);
  link->connection = parts_.governor.open(*outlet.cell);
  links_.emplace(link->id, link);
  ++outlet.links;
  const ShapingRules& rules = parts_.governor.rules();
  ConnectionPlan plan;
  plan.destination = site.destination;
  plan.destination.hosts = usable_hosts(site.destination);
  plan.limits = outlet.cell->limits;
  plan.provider = outlet.cell->provider;
  const ProviderConfig* provider = rules.providers.find(plan.provider);
  plan.is_tls_required = provider != nullptr && provider->provider_tls == ProviderTls::required;
  if (const SourceConfig* source = rules.sources.find(outlet.cell->source)) plan.source = *source;
  plan.rules = parts_.governor.shared_rules();
  plan.domains = parts_.manager.domains_at(site.destination.site, kMaxDomains);
  if (plan.destination.route && !plan.destination.route->user.empty()) {
    plan.user = plan.destination.route->user;
    plan.password = parts_.password_of(*plan.destination.route);
  }
  TaskGroup& worker = *workers_[next_worker_++ % workers_.size()];
  const std::string& ehlo = plan.source.hostname;
  ConnectionParts parts{config_,
                        ehlo.empty() ? parts_.ehlo_name : ehlo,
                        parts_.clock,
                        parts_.tls,
                        worker,
                        parts_.connect,
                        parts_.dane,
                        parts_.on_tls_session,
                        parts_.return_paths};
  asio::post(worker.executor(), [&worker, link, plan = std::move(plan), parts] {
    worker.spawn(run_link(link, plan, parts));
  });
}

// How often it failed in a row is remembered for a while after the rest, so that the next is
// longer.
bool Dispatcher::is_used(const Site& site) const {
  const auto now = parts_.clock.now();
  const auto is_held = [&](const std::unique_ptr<Outlet>& one) {
    return one->links > 0 ||
           (one->rests_until && now < *one->rests_until + config_->site_rest_ceiling);
  };
  return parts_.manager.ready(site.destination.site) > 0 ||
         std::any_of(site.outlets.begin(), site.outlets.end(), is_held);
}

void Dispatcher::drop_if_unused(const SiteName& name) {
  const auto known = sites_.find(name);
  if (known == sites_.end() || is_used(*known->second)) return;
  sites_.erase(known);
  parts_.manager.forget_site(name);
}

void Dispatcher::drop_unused() {
  std::vector<SiteName> unused;
  for (const auto& [name, site] : sites_) {
    if (!is_used(*site)) unused.push_back(name);
  }
  for (const SiteName& name : unused) drop_if_unused(name);
}

}  // namespace posthaste
