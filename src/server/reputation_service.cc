#include "server/reputation_service.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "base/text_file.h"
#include "identity/blocklist/dns_blocklists.h"
#include "identity/blocklist/paced_resolver.h"
#include "platform/dns/dns_name.h"
#include "platform/http/https_client.h"
#include "platform/io/loop_pool.h"
#include "platform/io/run_on.h"
#include "reputation/json_field.h"
#include "reputation/reputation_watch.h"
#include "server/reputation_gauges.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

// Where a refresh token that has taken the place of the configured one is kept.
constexpr const char* kSndsToken = "reputation/token/snds";

// 10,000 questions in a rolling month, those to the blocklist beside it among them.
BlocklistZone score_zone() {
  BlocklistZone zone;
  zone.name = zone.suffix = "score.senderscore.com";
  zone.lists = {BlocklistKind::ipv4};
  zone.keep = std::chrono::hours(12);
  return zone;
}

bool is_public_address(const std::string& text) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(text, ec);
  if (ec || address.is_loopback() || address.is_unspecified()) return false;
  if (address.is_v6()) {
    const auto octets = address.to_v6().to_bytes();
    const bool is_local = (octets[0] & 0xfe) == 0xfc || address.to_v6().is_link_local();
    return !is_local;
  }
  const std::uint32_t number = address.to_v4().to_uint();
  const auto is_in = [number](std::uint32_t network, int bits) {
    return number >> (32 - bits) == network >> (32 - bits);
  };
  // RFC 1918 §3, RFC 3927 §2.1, RFC 6598 §7
  return !is_in(0x0a000000, 8) && !is_in(0xac100000, 12) && !is_in(0xc0a80000, 16) &&
         !is_in(0xa9fe0000, 16) && !is_in(0x64400000, 10);
}

// Names that nobody can have, so that no list holds them (RFC 2606 §2, §3; RFC 6762 §3).
bool is_reserved_domain(const std::string& domain) {
  for (const char* zone : {"test", "example", "invalid", "localhost", "local", "example.com",
                           "example.net", "example.org"}) {
    if (is_in_zone(domain, zone)) return true;
  }
  return false;
}

std::string watched_address(const SourceConfig& source) {
  if (source.public_address) return source.public_address->text;
  if (!source.address || !is_public_address(source.address->text)) return {};
  return source.address->text;
}

Event event_of(const ReputationChange& change, WallTime now) {
  Event event;
  event.type = EventType::reputation_changed;
  event.time = now;
  event.provider = change.provider;
  event.response = change.what;
  event.meta = change.facts;
  if (change.kind == SubjectKind::source) {
    event.source = change.name;
    event.source_address = change.address;
  }
  return event;
}

}  // namespace

ReputationPlan make_reputation_plan(const ServerConfig& config) {
  ReputationPlan plan;
  for (const SourceConfig& source : config.sources) {
    plan.sources.emplace_back(source.name, watched_address(source));
  }
  const auto add = [&plan](const std::string& domain) {
    const bool is_there =
        std::find(plan.domains.begin(), plan.domains.end(), domain) != plan.domains.end();
    if (!domain.empty() && !is_there) plan.domains.push_back(domain);
  };
  for (const DkimConfig& dkim : config.dkim) {
    if (!is_reserved_domain(dkim.domain)) add(dkim.domain);
  }
  const auto add_bounce_domain = [&add](const std::optional<Domain>& domain) {
    if (domain && !is_reserved_domain(domain->ascii())) add(domain->ascii());
  };
  add_bounce_domain(config.bounce.domain);
  for (const ReturnPathConfig& path : config.return_paths) add_bounce_domain(path.domain);
  for (const std::string& domain : config.blocklist.domains) add(*normalize_dns_name(domain));
  for (const std::string& domain : config.postmaster_tools.domains) add(domain);
  plan.asks_blocklists = config.blocklist.watch;
  plan.blocklist_interval = config.blocklist.interval;
  plan.postmaster_interval = config.postmaster_tools.interval;
  plan.snds_interval = config.snds.interval;
  plan.postmaster_domains = config.postmaster_tools.domains;
  return plan;
}

struct ReputationService::Running {
  Running(Parts parts_in, const ServerConfig& config, std::vector<BlocklistZone> zones,
          std::unique_ptr<asio::ssl::context> trust_in)
      : parts(std::move(parts_in)),
        log(parts.log.child("reputation")),
        blocklist(config.blocklist),
        postmaster_tools(config.postmaster_tools),
        snds(config.snds),
        trust(std::move(trust_in)),
        lists(parts.resolver, parts.clock, std::move(zones)),
        scores(parts.resolver, parts.clock, {score_zone()}),
        client(parts.resolver, parts.clock, *trust),
        loop("reputation"),
        tasks(loop.executor()),
        book({parts.clock,
              [this](std::string key, std::optional<std::string> value) {
                if (!value) return parts.spool.remove_state(std::move(key));
                parts.spool.put_state(std::move(key), std::move(*value));
              },
              [this](const ReputationChange& change) { tell(change); }}),
        watch({lists, scores, parts.clock, tasks, log, book,
               [this](const std::string& source, const std::string& why) {
                 on_page_listing(source, why);
               }}) {}

  HttpFetch fetch() {
    return [this](HttpsRequest request) { return client.fetch(std::move(request)); };
  }
  void tell(const ReputationChange& change);
  void on_page_listing(const std::string& source, const std::string& why);
  Result<void> use_postmaster_tools();
  Result<void> use_snds();
  Result<void> start(const ServerConfig& config);
  void stop();

  Parts parts;
  Log log;
  const BlocklistConfig blocklist;
  const PostmasterToolsConfig postmaster_tools;
  const SndsConfig snds;
  std::unique_ptr<asio::ssl::context> trust;
  DnsBlocklists lists;
  PacedResolver scores;
  HttpsClient client;
  Loop loop;
  TaskGroup tasks;
  ReputationBook book;
  ReputationWatch watch;
  std::unique_ptr<ReputationGauges> gauges;
  bool is_running = true;
};

void ReputationService::Running::tell(const ReputationChange& change) {
  parts.spool.tell(event_of(change, parts.clock.wall()));
  const auto fields = {LogField{"name", change.name}, LogField{"what", change.what}};
  if (change.is_alert) {
    log.warning("reputation changed", fields);
  } else {
    log.info("reputation changed", fields);
  }
}

void ReputationService::Running::on_page_listing(const std::string& source,
                                                 const std::string& why) {
  asio::post(parts.queue_loop, [this, source, why] { parts.governor.on_listed(source, why); });
}

Result<void> ReputationService::Running::use_postmaster_tools() {
  if (postmaster_tools.credentials.empty()) return {};
  auto text = read_text_file(postmaster_tools.credentials);
  if (!text) return text.error();
  auto credentials = OauthCredentials::parse(*text, PostmasterTools::kScope);
  if (!credentials) return credentials.error();
  watch.use(PostmasterTools(AuthorizedApi(postmaster_tools.api_url,
                                          OauthToken(std::move(*credentials), parts.clock, fetch()),
                                          fetch())));
  return {};
}

Result<void> ReputationService::Running::use_snds() {
  if (snds.credentials.empty()) return {};
  auto text = read_text_file(snds.credentials);
  if (!text) return text.error();
  const auto file = nlohmann::json::parse(*text, nullptr, false);
  const std::string link = text_field(file, "url");
  if (!link.empty()) {
    watch.use(Snds(SndsLinks{link, text_field(file, "status_url")}, fetch()));
    return {};
  }
  auto credentials = OauthCredentials::parse(*text, Snds::kScope);
  if (!credentials) return credentials.error();
  // Microsoft gives a new refresh token with every use; an operator's newer one comes first.
  const std::string configured = credentials->refresh_token;
  auto kept = parts.spool.get_state(kSndsToken);
  if (!kept) return kept.error();
  const auto rotated = nlohmann::json::parse(kept->value_or("{}"), nullptr, false);
  if (!configured.empty() && text_field(rotated, "configured") == configured) {
    credentials->refresh_token = text_field(rotated, "refresh_token", configured);
  }
  const auto on_rotation = [this, configured](std::string next) {
    const nlohmann::json record = {{"configured", configured}, {"refresh_token", std::move(next)}};
    parts.spool.put_state(kSndsToken, record.dump());
  };
  watch.use(Snds(AuthorizedApi(
      snds.api_url, OauthToken(std::move(*credentials), parts.clock, fetch(), on_rotation),
      fetch())));
  return {};
}

Result<void> ReputationService::Running::start(const ServerConfig& config) {
  auto kept = parts.spool.scan_state(ReputationBook::kPrefix);
  if (!kept) return kept.error();
  if (auto used = use_postmaster_tools(); !used) return used;
  if (auto used = use_snds(); !used) return used;
  gauges = std::make_unique<ReputationGauges>(parts.metrics, [this] { return watch.view(); });
  run_and_wait(loop.executor(), [&] {
    book.restore(*kept);
    watch.set_plan(make_reputation_plan(config));
    watch.start();
  });
  return {};
}

void ReputationService::Running::stop() {
  if (!std::exchange(is_running, false)) return;
  run_and_wait(loop.executor(), [this] { tasks.cancel(); });
  // What is cancelled ends within a turn or two.
  for (bool is_empty = false; !is_empty;) {
    run_and_wait(loop.executor(), [&] { is_empty = tasks.empty(); });
    if (!is_empty) std::this_thread::yield();
  }
  gauges.reset();
  loop.join();
}

Result<std::unique_ptr<ReputationService>> ReputationService::create(Parts parts,
                                                                     const ServerConfig& config) {
  auto zones = blocklist_zones(config.blocklist);
  if (!zones) return zones.error();
  auto trust = make_trust(config.tls.ca_file.string());
  if (!trust) return trust.error();
  auto running =
      std::make_unique<Running>(std::move(parts), config, std::move(*zones), std::move(*trust));
  const Result<void> started = running->start(config);
  if (!started) {
    running->stop();
    return started.error();
  }
  return std::unique_ptr<ReputationService>(new ReputationService(std::move(running)));
}

ReputationService::ReputationService(std::unique_ptr<Running> running)
    : running_(std::move(running)) {}

ReputationService::~ReputationService() = default;

std::vector<std::string> ReputationService::reload(const ServerConfig& config) {
  std::vector<std::string> left;
  Running& running = *running_;
  const auto compare = [&left](const auto& before, const auto& now, const char* what) {
    if (!(before == now)) left.push_back(std::string(what) + ": restart to change it");
  };
  compare(running.blocklist, config.blocklist, "blocklist");
  compare(running.postmaster_tools, config.postmaster_tools, "postmaster_tools");
  compare(running.snds, config.snds, "snds");
  run_and_wait(running.loop.executor(), [&] {
    ReputationPlan plan = make_reputation_plan(config);
    running.watch.set_plan(std::move(plan));
  });
  return left;
}

void ReputationService::stop() {
  running_->stop();
}

ReputationView::Shared ReputationService::view() const {
  return running_->watch.view();
}

}  // namespace posthaste
