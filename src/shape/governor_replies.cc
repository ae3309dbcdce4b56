// What the governor makes of replies: rules that act, and the closed loop.
#include <utility>

#include "shape/governor.h"

namespace posthaste {

void Governor::on_outcome(const SendingCell& cell, const QueueName& queue,
                          const CellOutcome& outcome) {
  if (outcome.kind == CellOutcome::Kind::delivered) cell.control->on_delivered(outcome.took);
  if (outcome.kind == CellOutcome::Kind::deferred) cell.control->on_deferred(outcome.reply);
  if (cell.warmup.cell) cell.warmup.cell->count(outcome.recipients);
  for (const RuleMatch& match : outcome.matches) act_on(cell, &queue, match);
  follow(cell);
}

void Governor::expect(const QueueName& queue, const Destination& destination, std::uint64_t count) {
  if (count == 0 || warmup_.empty()) return;
  const ProviderConfig* provider = rules_->provider_of(destination);
  warmup_.expect(rules_->pool_of(queue).name, provider == nullptr ? "" : provider->name, count);
}

void Governor::follow_warmup() {
  bool has_news = false;
  for (const WarmupBook::Change& change : warmup_.tick()) {
    if (on_free_) on_free_(*change.meter);
    if (change.what.empty()) continue;
    has_news = true;
    if (on_change_) on_change_({change.source, "", change.provider, "", "", change.what});
  }
  if (!keeper_) return;
  warmup_.keep(keeper_, has_news ? WarmupBook::Keep::everything : WarmupBook::Keep::now_and_then);
}

void Governor::on_connection_refused(const SendingCell& cell, std::uint32_t open,
                                     const std::string& reply) {
  cell.control->on_connection_refused(open, reply);
  follow(cell);
}

void Governor::on_session_reply(const SendingCell& cell, const RuleMatch& match) {
  act_on(cell, nullptr, match);
  follow(cell);
}

void Governor::act_on(const SendingCell& cell, const QueueName* queue, const RuleMatch& match) {
  const ResponseRuleConfig& rule = *match.rule;
  const std::string scope = cell.source.value() + '\n' + cell.site.value() + '\n' +
                            (queue ? queue->tenant.value() : std::string());
  if (!hits_.count(rule, scope)) return;
  const std::string why = "rule \"" + rule.name + "\": " + match.reply;
  const Duration how_long = rule.duration.value_or(Duration(0));
  if (rule.has(RuleAction::slow) && rule.rate) cell.control->slow_to(*rule.rate, how_long, why);
  if (rule.has(RuleAction::slow) && rule.factor) {
    cell.control->slow_by(*rule.factor, how_long, why);
  }
  if (rule.has(RuleAction::fewer_connections)) {
    cell.control->limit_connections(*rule.connections, how_long, why);
  }
  if (rule.has(RuleAction::suspend) || rule.has(RuleAction::hold)) suspend_by(match, cell, queue);
}

void Governor::suspend_by(const RuleMatch& match, const SendingCell& cell, const QueueName* queue) {
  const ResponseRuleConfig& rule = *match.rule;
  Suspension suspension;
  MailScope& scope = suspension.scope;
  // Towards the provider, or the site of nobody.
  auto towards_provider = [&] {
    (cell.provider.empty() ? scope.site : scope.provider) =
        cell.provider.empty() ? cell.site.value() : cell.provider;
  };
  // Mail of no tenant or no campaign is told from the rest by its source.
  const bool has_tenant = queue != nullptr && !queue->tenant.value().empty();
  const bool has_campaign = queue != nullptr && !queue->campaign.value().empty();
  switch (rule.scope) {
    case RuleScope::site:
      scope.site = cell.site.value();
      break;
    case RuleScope::source_site:
      scope.source = cell.source.value();
      scope.site = cell.site.value();
      break;
    case RuleScope::provider:
      towards_provider();
      break;
    case RuleScope::source_provider:
      scope.source = cell.source.value();
      towards_provider();
      break;
    case RuleScope::tenant:
    case RuleScope::campaign:
      if (has_tenant) scope.tenant = queue->tenant.value();
      if (rule.scope == RuleScope::campaign && has_campaign) {
        scope.campaign = queue->campaign.value();
      }
      if (scope.empty()) scope.source = cell.source.value();
      towards_provider();
      break;
  }
  if (!rule.has(RuleAction::hold)) {
    suspension.until =
        clock_.wall() + std::chrono::duration_cast<WallTime::duration>(*rule.duration);
    cell.control->suspended(clock_.now() + *rule.duration, rule.resume_factor,
                            "goes on after rule \"" + rule.name + "\"");
    const bool is_of_source =
        rule.scope == RuleScope::source_provider || rule.scope == RuleScope::source_site;
    if (cell.warmup.cell && is_of_source && rule.classification == Classification::spam_block) {
      cell.warmup.cell->blocked(*rule.duration, "rule \"" + rule.name + "\": " + match.reply);
    }
  }
  suspension.reason = match.reply;
  suspension.by = "rule \"" + rule.name + '"';
  const std::string text = (suspension.until ? "suspended for " + to_string(*rule.duration)
                                             : std::string("held until somebody resumes it")) +
                           " (" + scope.to_string() + ") by " + suspension.by + ": " + match.reply;
  const ShapingChange change{cell.source.value(), cell.site.value(), cell.provider,
                             scope.tenant,        scope.campaign,    text};
  if (suspend(std::move(suspension)) && on_change_) on_change_(change);
}

}  // namespace posthaste
