#include "server/settings.h"

#include <utility>

#include "accept/auth.h"
#include "identity/dkim/dkim_config.h"
#include "route/shipped_providers.h"
#include "server/return_path_key.h"

namespace posthaste {

Result<std::shared_ptr<const ShapingRules>> make_shaping_rules(const ServerConfig& config) {
  auto queues = QueueRules::compile(config.remote_queues);
  if (!queues) return queues.error();
  auto rules = std::make_shared<ShapingRules>();
  auto providers = Providers::compile(
      config.delivery.shipped_providers ? shipped_providers() : std::vector<ProviderConfig>(),
      config.providers);
  if (!providers) return providers.error();
  auto responses = ResponseRules::compile(*providers);
  if (!responses) return responses.error();
  rules->providers = std::move(*providers);
  rules->responses = std::make_shared<const ResponseRules>(std::move(*responses));
  rules->queues = std::make_shared<const QueueRules>(std::move(*queues));
  rules->sources = Sources(config.sources, config.pools);
  rules->tenants = config.tenants;
  rules->campaigns = config.campaigns;
  rules->base.connections = config.delivery.connections_per_site;
  rules->base.messages_per_connection = config.delivery.messages_per_connection;
  rules->base.recipients_per_transaction = config.delivery.recipients_per_transaction;
  const LoadedBlock<DeliveryConfig> delivery = config.source->blocks(delivery_schema()).front();
  rules->base.lines["connections"] = delivery.where("connections_per_site");
  return std::shared_ptr<const ShapingRules>(std::move(rules));
}

Result<Settings> make_settings(const ServerConfig& config) {
  Settings settings;
  auto shaping = make_shaping_rules(config);
  if (!shaping) return shaping.error();
  settings.shaping = std::move(*shaping);
  settings.rules = settings.shaping->queues;

  const std::string hostname = config.server.effective_hostname().ascii();
  for (const RouteConfig& route : config.routes) {
    settings.destinations.routes.push_back(std::make_shared<const RouteConfig>(route));
  }
  settings.destinations.port = config.delivery.port;
  settings.destinations.ip_versions = config.delivery.versions();
  settings.destinations.own_names = {hostname};

  auto keys = token_keys(config);
  if (!keys) return keys.error();
  settings.token_keys = std::move(*keys);
  auto return_paths = make_return_paths(config, settings.token_keys);
  if (!return_paths) return return_paths.error();
  settings.return_paths = std::move(*return_paths);

  auto sender_headers = make_sender_headers(config, settings.token_keys);
  if (!sender_headers) return sender_headers.error();
  auto users = CredentialSet::load(config.users);
  if (!users) return users.error();
  auto signer = load_dkim_signer(*config.source);
  if (!signer) return signer.error();
  settings.identity = {hostname, std::make_shared<const CredentialSet>(std::move(*users)),
                       std::make_shared<const DkimSigner>(std::move(*signer)),
                       std::move(*sender_headers)};
  for (const ListenerConfig& listener : config.listeners) {
    if (listener.protocol != ListenerProtocol::smtp) continue;
    auto session = make_session_settings(listener, settings.identity);
    if (!session) return session.error();
    settings.sessions.push_back(std::move(*session));
  }
  return settings;
}

}  // namespace posthaste
