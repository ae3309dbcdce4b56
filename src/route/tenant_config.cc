#include "route/tenant_config.h"

#include <utility>

namespace posthaste {
namespace {

template <class Config>
BlockSchema<Config>&& with_sender_keys(BlockSchema<Config>&& schema) {
  return std::move(schema)
      .key_lines(static_cast<std::map<std::string, ConfigLocation> Config::*>(&SenderLimits::lines))
      .key("weight", static_cast<std::uint32_t Config::*>(&SenderLimits::weight),
           "Its share where several have mail for one site, beside the others' weights.",
           {.min = 1U, .max = 1'000'000U})
      .key("concurrency",
           static_cast<std::optional<std::uint32_t> Config::*>(&SenderLimits::concurrency),
           "Deliveries at one time.", {.min = 1U})
      .key("message_rate", static_cast<std::optional<Rate> Config::*>(&SenderLimits::message_rate),
           "Messages a time, as \"100/s\", evenly paced.")
      .key("daily_messages",
           static_cast<std::optional<std::uint64_t> Config::*>(&SenderLimits::daily_messages),
           "Messages in any 24 hours.")
      .block(static_cast<std::optional<RateBudget> Config::*>(&SenderLimits::budget),
             budget_schema());
}

}  // namespace

const BlockSchema<TenantConfig>& tenant_schema() {
  static const auto schema = with_sender_keys(
      BlockSchema<TenantConfig>("tenant", BlockKind::titled, "One of those who share the server.")
          .title(&TenantConfig::name));
  return schema;
}

const BlockSchema<CampaignConfig>& campaign_schema() {
  static const auto schema = with_sender_keys(
      BlockSchema<CampaignConfig>("campaign", BlockKind::titled,
                                  "Limits of the mail of one campaign (X-Campaign).")
          .title(&CampaignConfig::name)
          .key("tenant", &CampaignConfig::tenant,
               "The tenant whose campaign it is; \"\": a campaign of this name of any tenant."));
  return schema;
}

}  // namespace posthaste
