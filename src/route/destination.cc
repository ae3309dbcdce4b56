#include "route/destination.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "platform/dns/lookup_all.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using std::chrono::seconds;

// What one hostile zone may cost: questions, memory, and time spent on its hosts.
constexpr std::size_t kMaxHosts = 20;
constexpr std::size_t kMaxAddresses = 20;

constexpr seconds kMinTtl = std::chrono::minutes(1);
constexpr seconds kMaxTtl = std::chrono::hours(1);

// One host to deliver to, before its addresses are known.
struct Candidate {
  std::string name;
  std::uint16_t preference = 0;
  std::uint16_t port = 0;
  bool is_address = false;
};

DestinationFailure permanent(std::uint32_t code, std::string status, Classification classification,
                             std::string text) {
  return {true, code, std::move(status), classification, std::move(text), {}};
}

DestinationFailure temporary(std::string status, std::string text) {
  return {false, 451, std::move(status), Classification::routing, std::move(text), {}};
}

bool is_ipv6(std::string_view address) {
  return address.find(':') != std::string_view::npos;
}

bool may_use(IpVersions versions, std::string_view address) {
  return versions != (is_ipv6(address) ? IpVersions::ipv4 : IpVersions::ipv6);
}

std::string literal(const std::string& address) {
  return (is_ipv6(address) ? "[IPv6:" : "[") + address + "]";
}

// "[192.0.2.1]" without its brackets and tag (RFC 5321 §4.1.3).
std::string literal_address(std::string_view literal) {
  literal = literal.substr(1, literal.size() - 2);
  constexpr std::string_view kTag = "IPv6:";
  if (boost::istarts_with(literal, kTag)) literal.remove_prefix(kTag.size());
  return std::string(literal);
}

// One of each family in turn, the preferred one first, so that a broken family costs one attempt
// (RFC 8305 §4).
std::vector<std::string> interleave(const std::vector<std::string>& first,
                                    const std::vector<std::string>& second) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  if (all.size() > kMaxAddresses) all.resize(kMaxAddresses);
  return all;
}

// Two routes share a site only if a connection of the one may serve the other.
SiteName site_of(const RouteConfig& route, std::uint16_t default_port) {
  std::vector<std::string> targets;
  for (RouteTarget target : route.to) {
    if (target.port == 0 && !route.mx) target.port = default_port;
    targets.push_back(target.to_string());
  }
  std::string site = route.user.empty() ? "" : route.user + "@";
  site += fmt::format("{}", fmt::join(targets, "+"));
  if (route.mx) site += ";mx";
  if (route.tls == RouteTls::off) site += ";tls=off";
  if (route.tls == RouteTls::required) site += ";tls=required";
  if (route.tls == RouteTls::implicit) site += ";tls=implicit";
  return SiteName(std::move(site));
}

SiteName site_of(const std::vector<Candidate>& candidates) {
  std::set<std::string_view> names;
  for (const Candidate& candidate : candidates) names.insert(candidate.name);
  return SiteName(fmt::format("{}", fmt::join(names, "+")));
}

Clock::time_point expiry(Clock::time_point now, seconds ttl) {
  return now + std::clamp(ttl, kMinTtl, kMaxTtl);
}

}  // namespace

// One run of find(): what was learnt so far.
struct DestinationFinder::Search {
  const DestinationFinder& finder;
  Clock::time_point now;
  seconds ttl = kMaxTtl;
  bool secure = true;  // every MX answer was
  std::vector<Candidate> candidates;
  std::vector<MxHost> hosts;
  // Of candidates without address: a failure that may pass.
  std::string trouble;

  void learn(const DnsResult& answer) { ttl = std::min(ttl, answer.ttl); }

  // Each adds candidates for one name, or says why there are none.
  asio::awaitable<std::optional<DestinationFailure>> add_mx(std::string domain, std::uint16_t port);
  std::optional<DestinationFailure> add_implicit(const std::string& domain, std::uint16_t port);
  std::optional<DestinationFailure> add_records(const std::string& domain, std::uint16_t port,
                                                std::vector<MxRecord> records);
  asio::awaitable<std::optional<DestinationFailure>> add_route(const RouteConfig* route);

  // Puts the candidates into the order to try.
  void order();
  asio::awaitable<void> resolve();
  std::vector<DnsQuestion> questions() const;
  void add_host(const Candidate& candidate, const DnsResult& a, const DnsResult& aaaa);
  DestinationFailure no_address(const std::string& domain, bool is_routed) const;
  bool is_own(std::string_view name) const;
};

SiteName site_with_demand(const Destination& destination, TlsDemand demand) {
  if (demand == TlsDemand::none) return destination.site;
  const bool is_required = demand == TlsDemand::required;
  return SiteName(destination.site.value() + (is_required ? ";requiretls" : ";tls=optional"));
}

Destination with_demand(Destination destination, TlsDemand demand) {
  SiteName site = site_with_demand(destination, demand);
  destination.mx_site = destination.limits_site();
  destination.site = std::move(site);
  destination.demand = demand;
  return destination;
}

DestinationFinder::DestinationFinder(Resolver& resolver, Clock& clock, DestinationOptions options,
                                     Random random, TlsTermsSource* tls)
    : resolver_(resolver),
      clock_(clock),
      options_(std::move(options)),
      random_(std::move(random)),
      tls_(tls) {}

asio::awaitable<DestinationResult> DestinationFinder::find(Domain domain) const {
  Search search{*this, clock_.now()};
  const std::string name = domain.ascii();
  const std::shared_ptr<const RouteConfig> route = choose_route(options_.routes, name);
  std::optional<DestinationFailure> failure;
  if (route) {
    failure = co_await search.add_route(route.get());
  } else if (domain.is_literal()) {
    // RFC 5321 §5.1: an address literal is the host itself.
    search.candidates.push_back({literal_address(name), 0, options_.port, true});
    search.secure = false;
  } else {
    failure = co_await search.add_mx(name, options_.port);
  }

  Destination destination;
  if (!failure) {
    destination.site = route ? site_of(*route, options_.port) : site_of(search.candidates);
    if (!route) search.order();
    co_await search.resolve();
    if (search.hosts.empty()) failure = search.no_address(name, route != nullptr);
  }
  if (failure) {
    failure->expires = expiry(search.now, failure->is_permanent ? search.ttl : kMinTtl);
    co_return DestinationResult(std::move(*failure));
  }
  if (domain.is_literal() && !route) destination.site = SiteName(name);
  destination.hosts = std::move(search.hosts);
  destination.route = route;
  destination.secure = search.secure;
  destination.expires = expiry(search.now, search.ttl);
  if (tls_ != nullptr && !route) {
    destination.tls = co_await tls_->terms_for(name);
    if (destination.tls && !destination.tls->site_suffix.empty()) {
      destination.mx_site = destination.site;
      destination.site = SiteName(destination.site.value() + destination.tls->site_suffix);
    }
  }
  co_return DestinationResult(std::move(destination));
}

bool DestinationFinder::Search::is_own(std::string_view name) const {
  const auto is_name = [&](const std::string& own) { return boost::iequals(own, name); };
  return std::any_of(finder.options_.own_names.begin(), finder.options_.own_names.end(), is_name);
}

asio::awaitable<std::optional<DestinationFailure>> DestinationFinder::Search::add_mx(
    std::string domain, std::uint16_t port) {
  const DnsResult answer = co_await finder.resolver_.lookup(domain, RecordType::mx);
  learn(answer);
  secure = secure && answer.secure;
  std::optional<DestinationFailure> failure;
  switch (answer.status) {
    case DnsStatus::found:
      failure = add_records(domain, port, answer.mx());
      break;
    case DnsStatus::nodata:
      failure = add_implicit(domain, port);
      break;
    case DnsStatus::nxdomain:
      failure = permanent(550, "5.1.2", Classification::bad_domain,
                          fmt::format("the domain {} does not exist", domain));
      break;
    case DnsStatus::servfail:
    case DnsStatus::timeout:
    case DnsStatus::bogus:
      failure = temporary(
          "4.4.3", fmt::format("the mail hosts of {} are not known now: {}", domain, answer.why));
      break;
  }
  co_return failure;
}

// RFC 5321 §5.1: without MX records the domain is its own mail host, of preference 0.
std::optional<DestinationFailure> DestinationFinder::Search::add_implicit(const std::string& domain,
                                                                          std::uint16_t port) {
  if (is_own(domain)) {
    return permanent(554, "5.4.6", Classification::routing,
                     fmt::format("mail for {} would come back to this host", domain));
  }
  candidates.push_back({domain, 0, port, false});
  return std::nullopt;
}

std::optional<DestinationFailure> DestinationFinder::Search::add_records(
    const std::string& domain, std::uint16_t port, std::vector<MxRecord> records) {
  // Also the order of names is settled here, so that a cut always leaves the same hosts and the
  // domain keeps its site.
  std::sort(records.begin(), records.end());
  // RFC 7505 §3: "." alone says that the domain takes no mail; beside others it means nothing.
  std::erase_if(records, [](const MxRecord& record) { return record.is_null(); });
  if (records.empty()) {
    return permanent(556, "5.1.10", Classification::no_mx,
                     fmt::format("the domain {} takes no mail (null MX)", domain));
  }
  // RFC 5321 §5.1: hosts as far away as this one, or farther, would send it back.
  const auto own = std::find_if(records.begin(), records.end(),
                                [this](const MxRecord& record) { return is_own(record.exchange); });
  if (own != records.end()) {
    const std::uint16_t limit = own->preference;
    std::erase_if(records, [&](const MxRecord& record) { return record.preference >= limit; });
  }
  if (records.empty()) {
    return permanent(554, "5.4.6", Classification::routing,
                     fmt::format("the MX records of {} lead back to this host", domain));
  }
  for (const MxRecord& record : records) {
    const auto is_same = [&](const Candidate& other) { return other.name == record.exchange; };
    const bool is_new = std::none_of(candidates.begin(), candidates.end(), is_same);
    if (!is_new || candidates.size() >= kMaxHosts) continue;
    candidates.push_back({record.exchange, record.preference, port, false});
  }
  return std::nullopt;
}

// The targets are tried as they are written; those of the same route stand in for each other.
asio::awaitable<std::optional<DestinationFailure>> DestinationFinder::Search::add_route(
    const RouteConfig* route) {
  std::optional<DestinationFailure> failure;
  std::vector<Candidate> all;
  for (std::size_t i = 0; i < route->to.size() && all.size() < kMaxHosts; ++i) {
    const RouteTarget& target = route->to[i];
    const std::uint16_t port = target.port != 0 ? target.port : finder.options_.port;
    if (target.is_address || !route->mx) {
      all.push_back({target.host, static_cast<std::uint16_t>(i), port, target.is_address});
      continue;
    }
    candidates.clear();
    std::optional<DestinationFailure> missing = co_await add_mx(target.host, port);
    order();
    // A failure that may pass tells more than one that will not: the mail is kept.
    if (missing && (!failure || failure->is_permanent)) failure = std::move(missing);
    for (Candidate& candidate : candidates) {
      candidate.preference = static_cast<std::uint16_t>(i);
      all.push_back(std::move(candidate));
    }
  }
  candidates = std::move(all);
  if (candidates.size() > kMaxHosts) candidates.resize(kMaxHosts);
  if (!candidates.empty()) failure.reset();
  if (candidates.empty() && !failure) {
    failure =
        temporary("4.4.4", fmt::format("the route \"{}\" has no target", route->pattern.text));
  }
  // A route is the operator's: what is wrong with it may be mended while the mail waits.
  if (failure && failure->is_permanent) {
    failure = temporary("4.4.4", fmt::format("the route \"{}\" leads nowhere: {}",
                                             route->pattern.text, failure->text));
  }
  co_return failure;
}

void DestinationFinder::Search::order() {
  // RFC 5321 §5.1: hosts of one preference are tried in random order.
  for (std::size_t i = candidates.size(); i > 1; --i) {
    std::swap(candidates[i - 1], candidates[finder.random_() % i]);
  }
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.preference < b.preference; });
}

// For each name its A, its AAAA, or first the one and then the other.
std::vector<DnsQuestion> DestinationFinder::Search::questions() const {
  std::vector<DnsQuestion> all;
  for (const Candidate& candidate : candidates) {
    if (candidate.is_address) continue;
    if (finder.options_.ip_versions != IpVersions::ipv6) {
      all.push_back({candidate.name, RecordType::a});
    }
    if (finder.options_.ip_versions != IpVersions::ipv4) {
      all.push_back({candidate.name, RecordType::aaaa});
    }
  }
  return all;
}

asio::awaitable<void> DestinationFinder::Search::resolve() {
  const std::vector<DnsQuestion> asked = questions();
  const std::vector<DnsResult> answers = co_await lookup_all(finder.resolver_, asked);
  const IpVersions versions = finder.options_.ip_versions;
  const std::size_t each = versions == IpVersions::ipv4 || versions == IpVersions::ipv6 ? 1 : 2;
  std::size_t next = 0;
  for (const Candidate& candidate : candidates) {
    DnsResult a;
    DnsResult aaaa;
    a.status = aaaa.status = DnsStatus::nodata;
    a.secure = aaaa.secure = true;
    for (std::size_t i = 0; i < each && !candidate.is_address; ++i, ++next) {
      learn(answers[next]);
      (asked[next].type == RecordType::a ? a : aaaa) = answers[next];
    }
    add_host(candidate, a, aaaa);
  }
}

void DestinationFinder::Search::add_host(const Candidate& candidate, const DnsResult& a,
                                         const DnsResult& aaaa) {
  const IpVersions versions = finder.options_.ip_versions;
  MxHost host{.name = candidate.name, .preference = candidate.preference};
  std::vector<std::string> addresses;
  if (candidate.is_address) {
    host.name = literal(candidate.name);
    if (may_use(versions, candidate.name)) addresses.push_back(candidate.name);
  } else {
    host.secure = a.secure && aaaa.secure;
    addresses = versions == IpVersions::ipv4_first ? interleave(a.strings(), aaaa.strings())
                                                   : interleave(aaaa.strings(), a.strings());
  }
  for (std::string& address : addresses) {
    host.addresses.push_back({std::move(address), candidate.port});
  }
  if (!host.addresses.empty()) {
    hosts.push_back(std::move(host));
    return;
  }
  for (const DnsResult* answer : {&a, &aaaa}) {
    if (trouble.empty() && answer->is_temporary_failure()) trouble = answer->why;
  }
}

DestinationFailure DestinationFinder::Search::no_address(const std::string& domain,
                                                         bool is_routed) const {
  std::string text = fmt::format("no mail host of {} has an address", domain);
  if (!trouble.empty()) return temporary("4.4.4", text + " now: " + trouble);
  // A route is the operator's, as in add_route().
  if (is_routed) return temporary("4.4.4", text + " (by its route)");
  return permanent(550, "5.4.4", Classification::no_mx, std::move(text));
}

}  // namespace posthaste
