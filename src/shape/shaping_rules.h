#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/envelope.h"
#include "route/destination.h"
#include "route/limits.h"
#include "route/provider.h"
#include "route/queue_rule.h"
#include "route/source.h"
#include "route/tenant_config.h"
#include "shape/response_rule.h"
#include "spool/queued_message.h"

namespace posthaste {

// All that the configuration says of pace: classes, sources, pools, providers, tenants, campaigns.
// Immutable; a reload makes another one. Any thread may ask.
struct ShapingRules {
  std::shared_ptr<const QueueRules> queues;
  Sources sources{{}, {}};
  Providers providers;
  std::shared_ptr<const ResponseRules> responses;  // null: none
  std::vector<TenantConfig> tenants;
  std::vector<CampaignConfig> campaigns;
  Limits base;  // below all others: the delivery block

  // The provider of a site, or nullptr: its MX hosts are nobody's, or a route sends it elsewhere.
  const ProviderConfig* provider_of(const Destination& destination) const;
  // For one source towards one site. A site behind a route has no provider's limits, and not the
  // default ones of MX hosts either.
  Limits limits_of(const SourceName& source, const Destination& destination) const;

  // The pool whose sources send a queue's mail.
  const Pool& pool_of(const QueueName& queue) const { return pool_of_class(queue.remote_queue); }
  const Pool& pool_of_class(const std::string& remote_queue) const;

  // Null where there is no block.
  const TenantConfig* tenant(const TenantId& id) const;
  const CampaignConfig* campaign(const TenantId& tenant, const CampaignId& id) const;
  // 1 where there is no block.
  std::uint32_t weight_of(const TenantId& tenant) const;
  std::uint32_t weight_of(const TenantId& tenant, const CampaignId& campaign) const;
};

}  // namespace posthaste
