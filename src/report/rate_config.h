#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/percent.h"
#include "base/units.h"
#include "platform/config_schema.h"
#include "route/rate_budget.h"
#include "shape/shaping_rules.h"

namespace posthaste {

// What is measured of mail, each as a share of something:
//
//   hard_bounce   hard bounces of all that ended: delivered, bounced or expired
//   soft_bounce   the other failures of the same
//   deferral      deferred attempts of all attempts
//   complaint     complaints of what providers took that pass complaints on
//
// A message is counted once for each recipient, and not at all where it was suppressed or an
// operator ended it.
enum class RateKind : std::uint8_t { hard_bounce, soft_bounce, deferral, complaint };
constexpr std::size_t kRateKinds = 4;
std::string_view to_string(RateKind kind);

// When a share is told of: a block of that kind's name inside alert.
struct RateLimits {
  Percent warn;
  Percent page;
  std::vector<Duration> windows;
  std::uint32_t min_count = 200;  // fewer say nothing

  bool operator==(const RateLimits&) const = default;
};

// The alert block.
struct AlertConfig {
  RateLimits hard_bounce{
      Percent(10'000), Percent(50'000), {std::chrono::hours(1), std::chrono::hours(24)}, 200};
  RateLimits soft_bounce{Percent(30'000), Percent(80'000), {std::chrono::hours(24)}, 200};
  RateLimits deferral{Percent(100'000), Percent(300'000), {std::chrono::minutes(15)}, 50};
  RateLimits complaint{
      Percent(1'000), Percent(3'000), {std::chrono::hours(24), std::chrono::hours(7 * 24)}, 200};
  std::vector<std::string> feedback_providers = {"yahoo", "outlook", "comcast", "orange",
                                                 "mail.ru"};
  RateBudget tenant_budget;
  RateBudget campaign_budget;
  std::uint32_t max_cells = 10'000;

  const RateLimits& limits_of(RateKind kind) const;
  bool operator==(const AlertConfig&) const = default;
};

const BlockSchema<AlertConfig>& alert_schema();

// What a share is of: all mail of a source, a provider, a tenant or a campaign, or of one source to
// one provider, which is a cell.
enum class RateScope : std::uint8_t { source, provider, tenant, campaign, cell };
constexpr std::size_t kRateScopes = 5;
std::string_view to_string(RateScope scope);

// One of them. `owner` is the tenant of a campaign and the source of a cell, else "".
struct RateSubject {
  RateScope scope = RateScope::source;
  std::string owner;
  std::string name;

  // "source mail1", "campaign spring of tenant acme", "source mail1 to yahoo".
  std::string to_string() const;
  bool operator==(const RateSubject&) const = default;
};

// What the configuration says of rates, as those that measure need it.
class RateRules {
 public:
  // A share over one window.
  struct Rule {
    RateKind kind;
    Duration window;
    RateLimits limits;
    // Deferrals are judged for cells alone, everything else for all but cells.
    bool holds_for(RateScope scope) const {
      return (kind == RateKind::deferral) == (scope == RateScope::cell);
    }
  };

  RateRules(AlertConfig alert, std::shared_ptr<const ShapingRules> shaping);

  const std::vector<Rule>& rules() const { return rules_; }
  const AlertConfig& alert() const { return alert_; }
  bool offers_feedback(const std::string& provider) const;
  // Of a tenant or campaign; nullptr: it has none.
  const RateBudget* budget_of(const RateSubject& subject) const;

 private:
  AlertConfig alert_;
  std::shared_ptr<const ShapingRules> shaping_;
  std::vector<Rule> rules_;
};

// The share that the budget allows; 0%: any.
Percent allowed(const RateBudget& budget, RateKind kind);

}  // namespace posthaste
