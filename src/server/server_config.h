#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "accept/accept_config.h"
#include "deliver/delivery_config.h"
#include "deliver/tls_config.h"
#include "identity/blocklist/blocklist_config.h"
#include "identity/dkim/dkim_config.h"
#include "inbound/inbound_config.h"
#include "platform/config.h"
#include "platform/dns/dns_config.h"
#include "report/rate_config.h"
#include "report/report_config.h"
#include "reputation/reputation_config.h"
#include "route/provider_config.h"
#include "route/queue_config.h"
#include "route/return_path_config.h"
#include "route/route_config.h"
#include "route/sender_headers_config.h"
#include "route/source_config.h"
#include "route/suppression_config.h"
#include "route/tenant_config.h"
#include "server/server_config_blocks.h"
#include "spool/spool_config.h"

namespace posthaste {

// Every block of the configuration, as the folders declare them. Only server/ sees the whole; each
// part of the program is given its own. Immutable: a reload makes another one.
struct ServerConfig {
  ServerBlock server;
  HttpConfig http;
  std::vector<ApiKeyConfig> api_keys;
  std::vector<ListenerConfig> listeners;
  std::vector<UserConfig> users;
  std::vector<TenantConfig> tenants;
  std::vector<CampaignConfig> campaigns;
  std::vector<RemoteQueueConfig> remote_queues;
  std::vector<SourceConfig> sources;
  std::vector<PoolConfig> pools;
  std::vector<ProviderConfig> providers;
  std::vector<RouteConfig> routes;
  DnsConfig dns;
  DeliveryConfig delivery;
  TlsConfig tls;
  std::vector<TlsPolicyConfig> tls_policies;
  std::vector<DkimConfig> dkim;
  SpoolConfig spool;
  BounceConfig bounce;
  std::vector<ReturnPathConfig> return_paths;
  std::vector<UnsubscribeConfig> unsubscribe;
  std::vector<FeedbackConfig> feedback;
  SuppressionConfig suppression;
  InboundConfig inbound;
  AlertConfig alert;
  std::vector<LogConfig> logs;
  BlocklistConfig blocklist;
  PostmasterToolsConfig postmaster_tools;
  SndsConfig snds;

  // What it was made from: places of keys, and print().
  std::shared_ptr<const Configuration> source;
};

// listener_schema() with the listeners of a server that names none.
const BlockSchema<ListenerConfig>& listeners_schema();

// The schemas of all blocks, in the order in which the reference shows them.
const Configuration::Schemas& server_schemas();

using ServerConfigOrErrors =
    std::variant<std::shared_ptr<const ServerConfig>, std::vector<ConfigError>>;

// Reads and checks all that can be told from the text, references between blocks included.
ServerConfigOrErrors load_server_config(const std::filesystem::path& path);
ServerConfigOrErrors load_server_config_text(const std::string& text, const std::string& name);

// /etc/posthaste/posthaste.conf; in a checkout on a machine without one, conf/demo.conf.
std::filesystem::path default_config_path();

}  // namespace posthaste
