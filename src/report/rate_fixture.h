#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "report/outcome_rates.h"

namespace posthaste {

// What an operator wrote about rates.
struct RateWorld {
  AlertConfig alert;
  std::vector<TenantConfig> tenants;
  std::vector<CampaignConfig> campaigns;

  std::shared_ptr<const RateRules> rules() const {
    auto shaping = std::make_shared<ShapingRules>();
    shaping->tenants = tenants;
    shaping->campaigns = campaigns;
    return std::make_shared<const RateRules>(alert, std::move(shaping));
  }
};

// The last row of a share; nullptr: there is none.
inline const RateRow* find_row(const std::vector<RateRow>& rows, RateScope scope,
                               const std::string& name, RateKind kind,
                               Duration window = Duration(0)) {
  for (const RateRow& row : rows) {
    const bool is_it = row.subject.scope == scope && row.subject.name == name && row.kind == kind;
    if (is_it && (window == Duration(0) || row.window == window)) return &row;
  }
  return nullptr;
}

}  // namespace posthaste
