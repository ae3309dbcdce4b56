#include "platform/dns/authoritative_servers.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "platform/dns/dns_name.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// More servers than this are not asked: it is about what was published, not about all of them.
constexpr std::size_t kMaxServers = 8;

std::string server_setting(const std::string& address, std::uint16_t port) {
  return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                : fmt::format("[{}]:{}", address, port);
}

}  // namespace

struct UnboundAuthoritativeServers::Server {
  std::string name;
  std::string zone;
  std::unique_ptr<UnboundResolver> resolver;  // null: it has no address
  std::string problem;                        // once it did not answer: why
};

struct UnboundAuthoritativeServers::Zone {
  std::string name;
  std::vector<Server> servers;
};

UnboundAuthoritativeServers::UnboundAuthoritativeServers(asio::any_io_executor loop, Clock& clock,
                                                         Resolver& recursive,
                                                         AuthoritativeOptions options)
    : loop_(std::move(loop)), clock_(clock), recursive_(recursive), options_(options) {}

UnboundAuthoritativeServers::~UnboundAuthoritativeServers() = default;

asio::awaitable<UnboundAuthoritativeServers::Zone*> UnboundAuthoritativeServers::find_zone(
    std::string name) {
  for (; !name.empty(); name = std::string(parent_dns_name(name))) {
    if (const auto known = zones_.find(name); known != zones_.end()) co_return known->second.get();
    const DnsResult answer = co_await recursive_.lookup(name, RecordType::ns);
    // The NS records behind a CNAME are those of another zone.
    if (!answer.is_found() || answer.canonical_name != name) continue;
    std::unique_ptr<Zone> zone = co_await open_zone(name, answer.strings());
    const auto [place, is_new] = zones_.try_emplace(name, std::move(zone));
    if (!is_new) co_await close(*zone);  // another question opened it meanwhile
    co_return place->second.get();
  }
  co_return nullptr;
}

asio::awaitable<std::unique_ptr<UnboundAuthoritativeServers::Zone>>
UnboundAuthoritativeServers::open_zone(std::string name, std::vector<std::string> servers) {
  auto zone = std::make_unique<Zone>();
  zone->name = name;
  std::sort(servers.begin(), servers.end());
  if (servers.size() > kMaxServers) servers.resize(kMaxServers);
  for (const std::string& host : servers) {
    Server server{.name = host, .zone = name};
    DnsResult addresses = co_await recursive_.lookup(host, RecordType::a);
    if (!addresses.is_found()) addresses = co_await recursive_.lookup(host, RecordType::aaaa);
    if (addresses.is_found()) {
      DnsConfig config;
      config.servers = {server_setting(addresses.strings().front(), options_.port)};
      config.timeout = options_.timeout;
      auto resolver = UnboundResolver::create(loop_, clock_, config);
      if (resolver) server.resolver = std::move(*resolver);
    }
    if (!server.resolver) server.problem = "the name server has no address";
    zone->servers.push_back(std::move(server));
  }
  co_return zone;
}

asio::awaitable<AuthoritativeAnswer> UnboundAuthoritativeServers::ask(std::string name,
                                                                      RecordType type) {
  AuthoritativeAnswer all;
  std::optional<std::string> normalized = normalize_dns_name(name);
  if (!normalized) co_return all;
  Zone* zone = co_await find_zone(*normalized);
  if (!zone) co_return all;
  all.zone = zone->name;
  for (Server& server : zone->servers) {
    DnsResult result = co_await ask_server(server, *normalized, type);
    all.answers.push_back({server.name, std::move(result)});
  }
  co_return all;
}

asio::awaitable<DnsResult> UnboundAuthoritativeServers::ask_server(Server& server, std::string name,
                                                                   RecordType type) {
  if (!server.problem.empty()) {
    co_return DnsResult{
        .status = DnsStatus::timeout, .canonical_name = name, .why = server.problem};
  }
  DnsResult result = co_await server.resolver->lookup(name, type);
  if (result.status == DnsStatus::timeout) {
    server.problem = fmt::format("{} does not answer", server.name);
  }
  // A server of one zone knows nothing of where a CNAME leads outside it.
  if (result.status != DnsStatus::servfail) co_return result;
  DnsQuestion question{name, type};
  DnsResult followed = co_await follow(server, std::move(question), std::move(result));
  co_return followed;
}

asio::awaitable<DnsResult> UnboundAuthoritativeServers::follow(Server& server, DnsQuestion question,
                                                               DnsResult failed) {
  const DnsResult alias = co_await server.resolver->lookup(question.name, RecordType::cname);
  if (!alias.is_found()) co_return failed;
  const std::string target = alias.strings().front();
  // Its own servers could point back here without end; what caches say of it is enough.
  DnsResult result = co_await recursive_.lookup(target, question.type);
  result.ttl = std::min(result.ttl, alias.ttl);
  co_return result;
}

asio::awaitable<void> UnboundAuthoritativeServers::stop() {
  for (auto& [name, zone] : zones_) co_await close(*zone);
}

asio::awaitable<void> UnboundAuthoritativeServers::close(Zone& zone) {
  for (Server& server : zone.servers) {
    if (server.resolver) co_await server.resolver->stop();
  }
}

}  // namespace posthaste
