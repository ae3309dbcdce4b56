#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/units.h"
#include "platform/config_schema.h"
#include "route/rate_budget.h"

namespace posthaste {

// What a tenant or a campaign may send, over all sources and sites, and its share where mail of
// several waits for one site.
struct SenderLimits {
  std::uint32_t weight = 1;
  std::optional<std::uint32_t> concurrency;  // deliveries at one time
  std::optional<Rate> message_rate;
  std::optional<std::uint64_t> daily_messages;  // in any 24 hours
  std::optional<RateBudget> budget;             // not set: as the alert block says
  std::map<std::string, ConfigLocation> lines;  // the place of each key that is set
};

// A tenant block: one of those who share this server.
struct TenantConfig : SenderLimits {
  std::string name;
};

// A campaign block.
struct CampaignConfig : SenderLimits {
  std::string name;
  std::string tenant;  // ""; else only this tenant's campaign of the name
};

const BlockSchema<TenantConfig>& tenant_schema();
const BlockSchema<CampaignConfig>& campaign_schema();

}  // namespace posthaste
