#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/percent.h"
#include "base/units.h"
#include "platform/config_schema.h"

namespace posthaste {

// What follows when a tenant or campaign goes over its budget.
enum class BudgetAction : std::uint8_t {
  none,    // the alert alone
  suspend  // its mail waits, as if an operator had suspended it
};

// The share of its mail that a tenant or campaign may have bounced or complained about: a budget
// block. A share of 0 sets no bound.
struct RateBudget {
  Percent hard_bounce{50'000};
  Percent soft_bounce;
  Percent complaint{3'000};
  BudgetAction action = BudgetAction::none;
  Duration duration{0};  // of the suspension; 0: until somebody resumes it

  bool operator==(const RateBudget&) const = default;
};

// Its name is `name`: "budget" in tenant and campaign blocks, longer ones in the alert block.
BlockSchema<RateBudget> make_budget_schema(const char* name, const char* sentence);
const BlockSchema<RateBudget>& budget_schema();

template <>
struct ConfigNames<BudgetAction> {
  static constexpr std::array names{std::pair{"none", BudgetAction::none},
                                    std::pair{"suspend", BudgetAction::suspend}};
};

}  // namespace posthaste
