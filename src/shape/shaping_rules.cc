#include "shape/shaping_rules.h"

#include <algorithm>

namespace posthaste {
namespace {

// What a pool's or a source's blocks say of one provider.
void override_with_pair(Limits& limits, const std::vector<PairLimits>& pairs,
                        const ProviderConfig* provider) {
  if (provider == nullptr) return;
  for (const PairLimits& pair : pairs) {
    if (pair.provider == provider->name) limits.override_with(pair);
  }
}

}  // namespace

const ProviderConfig* ShapingRules::provider_of(const Destination& destination) const {
  if (destination.route) return nullptr;
  std::vector<std::string> hosts;
  hosts.reserve(destination.hosts.size());
  for (const MxHost& host : destination.hosts) hosts.push_back(host.name);
  return providers.find_by_hosts(hosts);
}

Limits ShapingRules::limits_of(const SourceName& source, const Destination& destination) const {
  const ProviderConfig* provider = provider_of(destination);
  const PoolConfig* pool = sources.first_pool_of(source);
  const SourceConfig* config = sources.find(source);
  Limits limits = base;
  if (!destination.route) limits.override_with(providers.default_limits());
  if (provider != nullptr) limits.override_with(*provider);
  if (pool != nullptr) limits.override_with(*pool);
  if (config != nullptr) limits.override_with(*config);
  if (pool != nullptr) override_with_pair(limits, pool->providers, provider);
  if (config != nullptr) override_with_pair(limits, config->providers, provider);
  return limits;
}

const Pool& ShapingRules::pool_of_class(const std::string& remote_queue) const {
  const RemoteQueueConfig* block = queues->find(remote_queue);
  return sources.pool(block == nullptr ? "" : block->pool);
}

const TenantConfig* ShapingRules::tenant(const TenantId& id) const {
  const auto found = std::find_if(tenants.begin(), tenants.end(),
                                  [&](const auto& one) { return one.name == id.value(); });
  return found == tenants.end() ? nullptr : &*found;
}

const CampaignConfig* ShapingRules::campaign(const TenantId& tenant, const CampaignId& id) const {
  const CampaignConfig* of_any = nullptr;
  for (const CampaignConfig& one : campaigns) {
    if (one.name != id.value()) continue;
    if (one.tenant == tenant.value()) return &one;
    if (one.tenant.empty()) of_any = &one;
  }
  return of_any;
}

std::uint32_t ShapingRules::weight_of(const TenantId& id) const {
  const TenantConfig* block = tenant(id);
  return block == nullptr ? 1 : block->weight;
}

std::uint32_t ShapingRules::weight_of(const TenantId& tenant, const CampaignId& id) const {
  const CampaignConfig* block = campaign(tenant, id);
  return block == nullptr ? 1 : block->weight;
}

}  // namespace posthaste
