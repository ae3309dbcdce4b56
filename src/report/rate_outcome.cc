#include "report/rate_outcome.h"

namespace posthaste {
namespace {

bool is_final_failure(EventType type) {
  return type == EventType::bounce || type == EventType::expiration ||
         type == EventType::oob_bounce;
}

RateOutcome outcome_at(const Event& event) {
  RateOutcome outcome;
  outcome.time = event.time;
  outcome.source = event.source;
  outcome.provider = event.provider;
  outcome.tenant = event.tenant;
  outcome.campaign = event.campaign;
  return outcome;
}

// Reports may hide who complained.
bool is_about(const Event& one, const std::string& recipient) {
  return recipient.empty() || one.recipient.empty() || one.recipient == recipient;
}

const Event* delivery_in(const std::vector<Event>& earlier, const std::string& recipient) {
  const Event* any = nullptr;
  for (const Event& one : earlier) {
    if (one.type != EventType::delivery) continue;
    if (one.recipient == recipient) return &one;
    if (any == nullptr && is_about(one, recipient)) any = &one;
  }
  return any;
}

bool was_counted(const Event& event, const std::vector<Event>& earlier) {
  for (const Event& one : earlier) {
    const bool is_same = event.type == EventType::complaint ? one.type == EventType::complaint
                                                            : is_final_failure(one.type);
    if (is_same && one.recipient == event.recipient) return true;
  }
  return false;
}

std::optional<RateOutcome> later_outcome(const Event& event, const std::vector<Event>& earlier,
                                         const RateRules& rules) {
  if (was_counted(event, earlier)) return std::nullopt;
  const Event* const delivery = delivery_in(earlier, event.recipient);
  RateOutcome outcome = outcome_at(delivery != nullptr ? *delivery : event);
  outcome.came_later = true;
  const std::uint32_t itself = delivery != nullptr ? 0 : 1;
  if (event.type == EventType::complaint) {
    outcome.is_complaint = true;
    outcome.complaints = rules.offers_feedback(outcome.provider) ? 1 : 0;
    outcome.taken = outcome.complaints * itself;
  } else {
    ++(event.hard.value_or(false) ? outcome.hard : outcome.soft);
    outcome.ended = itself;
  }
  return outcome;
}

}  // namespace

std::uint32_t RateOutcome::part_of(RateKind kind) const {
  switch (kind) {
    case RateKind::hard_bounce:
      return hard;
    case RateKind::soft_bounce:
      return soft;
    case RateKind::deferral:
      return deferred;
    case RateKind::complaint:
      break;
  }
  return complaints;
}

std::uint32_t RateOutcome::whole_of(RateKind kind) const {
  switch (kind) {
    case RateKind::hard_bounce:
    case RateKind::soft_bounce:
      return ended;
    case RateKind::deferral:
      return attempts;
    case RateKind::complaint:
      break;
  }
  return taken;
}

bool came_later(const Event& event) {
  return event.type == EventType::oob_bounce || event.type == EventType::complaint;
}

std::optional<RateOutcome> outcome_of(const Event& event, const std::vector<Event>& earlier,
                                      const RateRules& rules) {
  if (came_later(event)) return later_outcome(event, earlier, rules);
  RateOutcome outcome = outcome_at(event);
  // DNS, or the time, ended what names no source: nobody was asked.
  outcome.attempts = event.source.empty() ? 0 : 1;
  switch (event.type) {
    case EventType::delivery:
      outcome.ended = 1;
      outcome.taken = rules.offers_feedback(event.provider) ? 1 : 0;
      return outcome;
    case EventType::transient_failure:
      outcome.deferred = outcome.attempts;
      return outcome.attempts > 0 ? std::optional(outcome) : std::nullopt;
    case EventType::expiration:
      outcome.deferred = outcome.attempts;
      [[fallthrough]];
    case EventType::bounce:
      outcome.ended = 1;
      ++(event.hard.value_or(false) ? outcome.hard : outcome.soft);
      return outcome;
    default:
      return std::nullopt;
  }
}

}  // namespace posthaste
