#include "deliver/verdict.h"

#include <utility>

#include "queue/message_event.h"

namespace posthaste {

const ResponseRuleConfig* rule_for(const ShapingRules* rules, const std::string& provider,
                                   const Refusal& refusal) {
  if (rules == nullptr || !rules->responses || refusal.smtp_code == 0) return nullptr;
  return rules->responses->match(provider, refusal.response);
}

const ResponseRuleConfig* apply_rules(const ShapingRules* rules, const std::string& provider,
                                      const std::string& host, Refusal& refusal,
                                      CellOutcome& outcome) {
  const ResponseRuleConfig* rule = rule_for(rules, provider, refusal);
  if (rule != nullptr) {
    refusal.classification = rule->classification.value_or(refusal.classification);
    if (rule->has(RuleAction::retry)) refusal.is_permanent = false;
    if (rule->has(RuleAction::fail)) refusal.is_permanent = true;
    refusal.hard = refusal.is_permanent &&
                   (rule->has(RuleAction::suppress) || is_hard(refusal.classification));
    outcome.matches.push_back({rule, refusal.response, host});
  }
  const bool speaks_of_sender = refusal.classification == Classification::spam_block;
  const bool speaks_of_pace =
      speaks_of_sender || refusal.classification == Classification::rate_limited;
  WarmupTally& tally = outcome.recipients;
  ++tally.attempts;
  if (refusal.hard) ++tally.hard;
  if (speaks_of_sender && refusal.smtp_code >= 500) ++tally.blocked;
  if (!refusal.is_permanent && speaks_of_pace) {
    ++tally.deferred;
    outcome.kind = CellOutcome::Kind::deferred;
    outcome.reply = refusal.response;
  }
  return rule;
}

namespace {

// What a refusal means by the rules of the provider, and by failure.h where they say nothing.
RecipientVerdict refuse(const AttemptView& attempt, const Recipient& recipient, Refusal refusal,
                        CellOutcome& outcome) {
  RecipientVerdict verdict;
  const ConnectionPlan& plan = attempt.plan;
  const auto* rule = apply_rules(plan.rules.get(), plan.provider, attempt.host, refusal, outcome);
  if (rule != nullptr && rule->has(RuleAction::other_source)) {
    verdict.wish.other_than = plan.source.name;
  }
  // Greylisting knows the address that asked first (RFC 6647 §2.1).
  if (refusal.classification == Classification::greylisted)
    verdict.wish.only = attempt.plan.source.name;
  verdict.end =
      refusal.is_permanent ? RecipientVerdict::End::failed : RecipientVerdict::End::deferred;
  verdict.event = event_of(attempt.message, recipient,
                           refusal.is_permanent ? EventType::bounce : EventType::transient_failure,
                           attempt.now);
  verdict.event.smtp_code = refusal.smtp_code;
  verdict.event.enhanced_status = refusal.enhanced_status;
  verdict.event.response = refusal.response;
  verdict.event.classification = refusal.classification;
  verdict.event.hard = refusal.hard;
  return verdict;
}

}  // namespace

std::vector<RecipientVerdict> judge_attempt(const AttemptView& attempt, CellOutcome& outcome) {
  using Kind = RecipientResult::Kind;
  using End = RecipientVerdict::End;
  const QueuedMessage& message = attempt.message;
  const std::string pool =
      attempt.plan.rules ? attempt.plan.rules->pool_of(message.queue).name : "";
  std::vector<RecipientVerdict> verdicts;
  verdicts.reserve(attempt.results.size());
  for (std::size_t i = 0; i < attempt.results.size(); ++i) {
    const Recipient& recipient = message.envelope.recipients[i];
    const RecipientResult& result = attempt.results[i];
    RecipientVerdict verdict;
    if (result.kind == Kind::accepted) {
      const bool wants_notice = recipient.notify.success && !attempt.peer_has_dsn;
      verdict.end = wants_notice ? End::relayed : End::delivered;
      verdict.event = event_of(message, recipient, EventType::delivery, attempt.now);
      verdict.event.smtp_code = result.reply.code;
      if (result.reply.enhanced) verdict.event.enhanced_status = result.reply.enhanced->to_string();
      verdict.event.response = result.reply.text();
      ++outcome.recipients.attempts;
      ++outcome.recipients.delivered;
      if (outcome.kind == CellOutcome::Kind::other) outcome.kind = CellOutcome::Kind::delivered;
    } else if (result.kind != Kind::untried || attempt.broken) {
      const Refusal refusal =
          result.kind == Kind::untried ? *attempt.broken : judge_reply(result.stage, result.reply);
      verdict = refuse(attempt, recipient, refusal, outcome);
    }
    verdict.event.pool = pool;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace posthaste
