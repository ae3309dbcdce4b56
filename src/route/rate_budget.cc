#include "route/rate_budget.h"

namespace posthaste {

BlockSchema<RateBudget> make_budget_schema(const char* name, const char* sentence) {
  return BlockSchema<RateBudget>(name, BlockKind::single, sentence)
      .key("hard_bounce", &RateBudget::hard_bounce,
           "Hard bounces by message that ended; 0% sets no bound.")
      .key("soft_bounce", &RateBudget::soft_bounce,
           "Other failures by message that ended; 0% sets no bound.")
      .key("complaint", &RateBudget::complaint,
           "Complaints by message that a provider took which passes complaints on; 0% sets no "
           "bound.")
      .key("action", &RateBudget::action,
           "\"suspend\" stops its mail when it goes over one of these; \"none\" leaves it to "
           "whoever "
           "reads the alerts.")
      .key("duration", &RateBudget::duration,
           "For how long it is suspended; 0s: until somebody resumes it.");
}

const BlockSchema<RateBudget>& budget_schema() {
  static const auto schema =
      make_budget_schema("budget", "Its bounces and complaints, instead of what alert says.");
  return schema;
}

}  // namespace posthaste
