#include "report/rate_config.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

constexpr std::array<std::string_view, kRateKinds> kKinds{"hard_bounce", "soft_bounce", "deferral",
                                                          "complaint"};
constexpr std::array<std::string_view, kRateScopes> kScopes{"source", "provider", "tenant",
                                                            "campaign", "cell"};
constexpr std::size_t kMostWindows = 4;

std::vector<ConfigProblem> check_limits(const RateLimits& limits) {
  if (limits.warn > limits.page) return {{"warn", "is above page: lower it"}};
  if (limits.windows.empty() || limits.windows.size() > kMostWindows) {
    return {{"windows", "one to four are possible: give as many"}};
  }
  return {};
}

const BlockSchema<RateLimits> make_limits_schema(const char* name, const char* sentence,
                                                 RateLimits defaults) {
  return BlockSchema<RateLimits>(name, BlockKind::single, sentence, std::move(defaults))
      .key("warn", &RateLimits::warn, "From this share on it is a warning; 0% never.")
      .key("page", &RateLimits::page, "From this share on somebody is to look at once; 0% never.")
      .key("windows", &RateLimits::windows, "Over how long; each is judged by itself.",
           {.min = std::chrono::seconds(1), .max = std::chrono::hours(30 * 24)})
      .key("min_count", &RateLimits::min_count, "Of fewer nothing is said.", {.min = 1U})
      .validate(check_limits);
}

const BlockSchema<RateLimits>& limits_schema(RateKind kind) {
  static const std::array<BlockSchema<RateLimits>, kRateKinds> schemas{
      make_limits_schema("hard_bounce",
                         "Addresses that do not exist, by message that ended: delivered, bounced "
                         "or expired.",
                         AlertConfig().hard_bounce),
      make_limits_schema("soft_bounce", "All other failures, by message that ended.",
                         AlertConfig().soft_bounce),
      make_limits_schema("deferral",
                         "Attempts that must be made again, by attempt of one source to one "
                         "provider.",
                         AlertConfig().deferral),
      make_limits_schema("complaint",
                         "Complaints, by message that a provider took which passes complaints on; "
                         "each counts for the time its message was delivered.",
                         AlertConfig().complaint)};
  return schemas[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string_view to_string(RateKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::string_view to_string(RateScope scope) {
  return kScopes[static_cast<std::size_t>(scope)];
}

const RateLimits& AlertConfig::limits_of(RateKind kind) const {
  switch (kind) {
    case RateKind::hard_bounce:
      return hard_bounce;
    case RateKind::soft_bounce:
      return soft_bounce;
    case RateKind::deferral:
      return deferral;
    case RateKind::complaint:
      break;
  }
  return complaint;
}

const BlockSchema<AlertConfig>& alert_schema() {
  static const auto tenant_schema = make_budget_schema(
      "tenant_budget", "What each tenant may have bounced and complained about.");
  static const auto campaign_schema = make_budget_schema(
      "campaign_budget", "What each campaign may have bounced and complained about.");
  static const auto schema =
      BlockSchema<AlertConfig>("alert", BlockKind::single,
                               "When bounces, deferrals and complaints are too many. Told after "
                               "two windows in a row, and over again below four fifths of the "
                               "threshold; of fewer than 1,000 messages the lower bound of what "
                               "the share may be counts.")
          .key("feedback_providers", &AlertConfig::feedback_providers,
               "Providers that pass complaints on to you; mail to others is left out of the share "
               "of complaints.")
          .key("max_cells", &AlertConfig::max_cells,
               "Sources, providers, tenants and campaigns to keep shares of; beyond, those with "
               "the least mail are forgotten.",
               {.min = 100U, .max = 1'000'000U})
          .block(&AlertConfig::hard_bounce, limits_schema(RateKind::hard_bounce))
          .block(&AlertConfig::soft_bounce, limits_schema(RateKind::soft_bounce))
          .block(&AlertConfig::deferral, limits_schema(RateKind::deferral))
          .block(&AlertConfig::complaint, limits_schema(RateKind::complaint))
          .block(&AlertConfig::tenant_budget, tenant_schema)
          .block(&AlertConfig::campaign_budget, campaign_schema);
  return schema;
}

std::string RateSubject::to_string() const {
  if (scope == RateScope::cell) return "source " + owner + " to " + name;
  std::string text(posthaste::to_string(scope));
  text += " " + name;
  if (!owner.empty()) text += " of tenant " + owner;
  return text;
}

RateRules::RateRules(AlertConfig alert, std::shared_ptr<const ShapingRules> shaping)
    : alert_(std::move(alert)), shaping_(std::move(shaping)) {
  for (std::size_t kind = 0; kind < kRateKinds; ++kind) {
    const RateLimits& limits = alert_.limits_of(static_cast<RateKind>(kind));
    for (const Duration window : limits.windows) {
      rules_.push_back({static_cast<RateKind>(kind), window, limits});
    }
  }
}

bool RateRules::offers_feedback(const std::string& provider) const {
  const auto& all = alert_.feedback_providers;
  return !provider.empty() && std::find(all.begin(), all.end(), provider) != all.end();
}

const RateBudget* RateRules::budget_of(const RateSubject& subject) const {
  const auto chosen = [](const SenderLimits* block, const RateBudget& common) {
    return block != nullptr && block->budget ? &*block->budget : &common;
  };
  if (subject.scope == RateScope::tenant) {
    return chosen(shaping_->tenant(TenantId(subject.name)), alert_.tenant_budget);
  }
  if (subject.scope != RateScope::campaign) return nullptr;
  return chosen(shaping_->campaign(TenantId(subject.owner), CampaignId(subject.name)),
                alert_.campaign_budget);
}

Percent allowed(const RateBudget& budget, RateKind kind) {
  switch (kind) {
    case RateKind::hard_bounce:
      return budget.hard_bounce;
    case RateKind::soft_bounce:
      return budget.soft_bounce;
    case RateKind::complaint:
      return budget.complaint;
    case RateKind::deferral:
      break;
  }
  return Percent();
}

}  // namespace posthaste
