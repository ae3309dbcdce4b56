#pragma once

#include <optional>
#include <vector>

#include "deliver/connection.h"
#include "deliver/failure.h"
#include "deliver/smtp_client.h"
#include "queue/settler.h"
#include "shape/governor.h"

namespace posthaste {

// What is known of an attempt to hand over one message.
struct AttemptView {
  const ConnectionPlan& plan;
  const QueuedMessage& message;
  const std::vector<RecipientResult>& results;  // one for each recipient
  bool peer_has_dsn = false;
  const std::optional<Refusal>& broken;  // what ended the connection, if anything did
  WallTime now;
  const std::string& host;  // the peer's name
};

// What it means for each recipient, by the provider's rules and by failure.h where they say
// nothing, and what the governor is to know of it.
std::vector<RecipientVerdict> judge_attempt(const AttemptView& attempt, CellOutcome& outcome);

// The rule for what a peer said; null for none, and for what no peer said. `rules` may be null.
const ResponseRuleConfig* rule_for(const ShapingRules* rules, const std::string& provider,
                                   const Refusal& refusal);

// Makes of a refusal what the rules say, and adds one recipient to the outcome. Returns the rule.
const ResponseRuleConfig* apply_rules(const ShapingRules* rules, const std::string& provider,
                                      const std::string& host, Refusal& refusal,
                                      CellOutcome& outcome);

}  // namespace posthaste
