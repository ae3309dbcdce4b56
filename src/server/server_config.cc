#include "server/server_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

constexpr const char* kSystemConfig = "/etc/posthaste/posthaste.conf";
constexpr const char* kCheckoutConfig = "conf/demo.conf";

ListenerConfig default_listener(const char* name, ListenerProtocol protocol, const char* address) {
  ListenerConfig listener;
  listener.name = name;
  listener.protocol = protocol;
  listener.address = *SocketAddress::parse(address);
  return listener;
}

std::string undefined_tenant(const std::string& tenant) {
  return fmt::format("tenant: tenant \"{}\" is not defined: add tenant \"{}\" {{ }}", tenant,
                     tenant);
}

void check_users(const Configuration& source, std::vector<ConfigError>& errors) {
  std::set<std::string> tenants;
  for (const TenantConfig& tenant : source.all(tenant_schema())) tenants.insert(tenant.name);
  for (const LoadedBlock<UserConfig>& user : source.blocks(user_schema())) {
    const std::string& tenant = user.value.tenant;
    if (tenant.empty() || tenants.contains(tenant)) continue;
    errors.push_back({user.where("tenant"), undefined_tenant(tenant)});
  }
}

// Whether any address is ours that mail can come back to.
bool takes_returned_mail(const Configuration& source) {
  const auto paths = source.all(return_path_schema());
  const auto lists = source.all(unsubscribe_schema());
  const InboundConfig inbound = source.one(inbound_schema());
  return source.one(bounce_schema()).domain || !inbound.reports.empty() ||
         !inbound.complaints.empty() ||
         std::any_of(lists.begin(), lists.end(),
                     [](const UnsubscribeConfig& one) { return one.mailto.has_value(); }) ||
         std::any_of(paths.begin(), paths.end(),
                     [](const ReturnPathConfig& one) { return one.domain.has_value(); });
}

void check_listeners(const Configuration& source, std::vector<ConfigError>& errors) {
  const bool has_keys = !source.blocks(api_key_schema()).empty();
  const bool has_users = !source.blocks(user_schema()).empty();
  std::map<std::string, std::string> taken;
  for (const LoadedBlock<ListenerConfig>& block : source.blocks(listeners_schema())) {
    const ListenerConfig& listener = block.value;
    const std::string address = listener.address.to_string();
    const auto [earlier, is_free] = taken.emplace(address, listener.name);
    if (!is_free && listener.address.port() != 0) {
      errors.push_back({block.where("address"),
                        fmt::format("address: {} is the address of listener \"{}\" too: choose "
                                    "another",
                                    address, earlier->second)});
    }
    if (listener.protocol == ListenerProtocol::http && !has_keys &&
        !is_loopback_address(listener.address.address())) {
      errors.push_back({block.where("address"),
                        "address: beyond loopback the HTTP API answers only with a key: add "
                        "api_key \"NAME\" { key_file = … }, or listen on 127.0.0.1"});
    }
    if (listener.protocol == ListenerProtocol::smtp &&
        listener.effective_role() == ListenerRole::inbound && !takes_returned_mail(source)) {
      errors.push_back(
          {block.where("role"),
           "role: no address is there for mail to come in at: set bounce { domain = … } "
           "or inbound { reports = … }"});
    }
    if (listener.auth == ListenerAuth::required && !has_users) {
      errors.push_back({block.where("auth"),
                        "auth: nobody can log in: add user \"NAME\" { password_file = … }"});
    }
  }
}

void check_return_paths(const Configuration& source, std::vector<ConfigError>& errors) {
  const auto tenants = source.all(tenant_schema());
  for (const LoadedBlock<ReturnPathConfig>& block : source.blocks(return_path_schema())) {
    for (const std::string& tenant : block.value.tenant) {
      const bool is_known = std::any_of(tenants.begin(), tenants.end(),
                                        [&](const auto& one) { return one.name == tenant; });
      if (!is_known) errors.push_back({block.where("tenant"), undefined_tenant(tenant)});
    }
  }
}

// RFC 9477 §3.1.4: CFBL-Address is worth nothing unless a signature is of its domain.
void check_feedback(const Configuration& source, std::vector<ConfigError>& errors) {
  const auto signers = source.all(dkim_schema());
  for (const LoadedBlock<FeedbackConfig>& block : source.blocks(feedback_schema())) {
    const auto address = MailAddress::parse(block.value.cfbl_address);
    if (!address) continue;
    const std::string& domain = address->domain().ascii();
    const bool is_signed =
        std::any_of(signers.begin(), signers.end(), [&](const DkimConfig& signer) {
          return signer.sign && is_in_zone(domain, ascii_lower(signer.domain));
        });
    if (is_signed) continue;
    errors.push_back({block.where("cfbl_address"),
                      fmt::format("cfbl_address: nothing signs for {}: add a dkim block of that "
                                  "domain, with sign_all where From is of others",
                                  domain)});
  }
}

// Two writers of one file would rotate it away from each other.
void check_logs(const Configuration& source, std::vector<ConfigError>& errors) {
  std::map<std::filesystem::path, std::string> taken;
  const LoadedBlock<BounceConfig> bounce = source.blocks(bounce_schema()).front();
  if (bounce.value.log_bounces) {
    taken.emplace(bounce.value.log_path.lexically_normal(), "the bounce block");
  }
  for (const LoadedBlock<LogConfig>& log : source.blocks(log_schema())) {
    const auto [earlier, is_free] =
        taken.emplace(log.value.path.lexically_normal(), fmt::format("log \"{}\"", log.value.name));
    if (is_free) continue;
    errors.push_back(
        {log.where("path"), fmt::format("path: {} is the file of {} too: choose another",
                                        log.value.path.string(), earlier->second)});
  }
}

void check_sources(const Configuration& source, std::vector<ConfigError>& errors) {
  std::set<std::string> sources;
  for (const SourceConfig& one : source.all(source_schema())) sources.insert(one.name);
  std::set<std::string> pools;
  for (const PoolConfig& pool : source.all(pool_schema())) {
    pools.insert(pool.name);
    for (const PoolMember& member : pool.members) {
      if (sources.contains(member.source)) continue;
      errors.push_back({member.where,
                        fmt::format("source: source \"{}\" is not defined: add source \"{}\" {{ }}",
                                    member.source, member.source)});
    }
  }
  for (const LoadedBlock<RemoteQueueConfig>& queue : source.blocks(remote_queue_schema())) {
    const std::string& pool = queue.value.pool;
    if (pool.empty() && !pools.empty() && !pools.contains("default")) {
      errors.push_back(
          {queue.written ? queue.where("pool") : source.blocks(pool_schema()).front().where(""),
           fmt::format("pool: remote_queue \"{}\" names no pool, and there is no pool "
                       "\"default\": set pool in it, or add the pool",
                       queue.value.name)});
    } else if (!pool.empty() && !pools.contains(pool)) {
      errors.push_back(
          {queue.where("pool"),
           fmt::format("pool: pool \"{}\" is not defined: add pool \"{}\" {{ }}", pool, pool)});
    }
  }
  for (const LoadedBlock<CampaignConfig>& campaign : source.blocks(campaign_schema())) {
    const std::string& tenant = campaign.value.tenant;
    const auto tenants = source.all(tenant_schema());
    const bool is_known =
        tenant.empty() || std::any_of(tenants.begin(), tenants.end(),
                                      [&](const auto& one) { return one.name == tenant; });
    if (!is_known) errors.push_back({campaign.where("tenant"), undefined_tenant(tenant)});
  }
}

std::vector<ConfigError> check_references(const Configuration& source) {
  std::vector<ConfigError> errors;
  check_users(source, errors);
  check_sources(source, errors);
  check_listeners(source, errors);
  check_logs(source, errors);
  check_return_paths(source, errors);
  check_feedback(source, errors);
  std::stable_sort(errors.begin(), errors.end(),
                   [](const auto& a, const auto& b) { return a.where < b.where; });
  return errors;
}

ServerConfigOrErrors compose(ConfigurationOrErrors loaded) {
  if (auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) return std::move(*errors);
  const auto& source = std::get<std::shared_ptr<const Configuration>>(loaded);
  std::vector<ConfigError> errors = check_references(*source);
  if (!errors.empty()) return errors;
  const ServerConfig config{
      .server = source->one(server_schema()),
      .http = source->one(http_schema()),
      .api_keys = source->all(api_key_schema()),
      .listeners = source->all(listeners_schema()),
      .users = source->all(user_schema()),
      .tenants = source->all(tenant_schema()),
      .campaigns = source->all(campaign_schema()),
      .remote_queues = source->all(remote_queue_schema()),
      .sources = source->all(source_schema()),
      .pools = source->all(pool_schema()),
      .providers = source->all(provider_schema()),
      .routes = source->all(route_schema()),
      .dns = source->one(dns_schema()),
      .delivery = source->one(delivery_schema()),
      .tls = source->one(tls_schema()),
      .tls_policies = source->all(tls_policy_schema()),
      .dkim = source->all(dkim_schema()),
      .spool = source->one(spool_schema()),
      .bounce = source->one(bounce_schema()),
      .return_paths = source->all(return_path_schema()),
      .unsubscribe = source->all(unsubscribe_schema()),
      .feedback = source->all(feedback_schema()),
      .suppression = source->one(suppression_schema()),
      .inbound = source->one(inbound_schema()),
      .alert = source->one(alert_schema()),
      .logs = source->all(log_schema()),
      .blocklist = source->one(blocklist_schema()),
      .postmaster_tools = source->one(postmaster_tools_schema()),
      .snds = source->one(snds_schema()),
      .source = source,
  };
  return std::make_shared<const ServerConfig>(config);
}

}  // namespace

// Without users and networks nobody beyond loopback could submit mail: so it is not offered there.
const BlockSchema<ListenerConfig>& listeners_schema() {
  static const auto schema =
      BlockSchema<ListenerConfig>(listener_schema())
          .implicit_block(default_listener("smtp", ListenerProtocol::smtp, "127.0.0.1:25"),
                          ImplicitWhen::none_is_written)
          .implicit_block(default_listener("submission", ListenerProtocol::smtp, "127.0.0.1:587"),
                          ImplicitWhen::none_is_written)
          .implicit_block(default_listener("http", ListenerProtocol::http, "127.0.0.1:8000"),
                          ImplicitWhen::none_is_written);
  return schema;
}

const Configuration::Schemas& server_schemas() {
  static const Configuration::Schemas schemas = {&server_schema(),      &listeners_schema(),
                                                 &http_schema(),        &api_key_schema(),
                                                 &user_schema(),        &tenant_schema(),
                                                 &campaign_schema(),    &remote_queue_schema(),
                                                 &source_schema(),      &pool_schema(),
                                                 &provider_schema(),    &route_schema(),
                                                 &delivery_schema(),    &tls_schema(),
                                                 &tls_policy_schema(),  &dns_schema(),
                                                 &dkim_schema(),        &spool_schema(),
                                                 &bounce_schema(),      &log_schema(),
                                                 &blocklist_schema(),   &postmaster_tools_schema(),
                                                 &snds_schema(),        &return_path_schema(),
                                                 &suppression_schema(), &unsubscribe_schema(),
                                                 &feedback_schema(),    &inbound_schema(),
                                                 &alert_schema()};
  return schemas;
}

ServerConfigOrErrors load_server_config(const std::filesystem::path& path) {
  return compose(Configuration::load(path, server_schemas()));
}

ServerConfigOrErrors load_server_config_text(const std::string& text, const std::string& name) {
  return compose(Configuration::load_text(text, name, server_schemas()));
}

std::filesystem::path default_config_path() {
  std::error_code ec;
  const bool is_checkout =
      !std::filesystem::exists(kSystemConfig, ec) && std::filesystem::exists(kCheckoutConfig, ec);
  return is_checkout ? kCheckoutConfig : kSystemConfig;
}

}  // namespace posthaste
