#include "queue/settler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "queue/message_event.h"
#include "shape/retry_schedule.h"

namespace posthaste {
namespace {

using End = RecipientVerdict::End;

WallTime::duration to_wall(Duration duration) {
  return std::chrono::duration_cast<WallTime::duration>(duration);
}

bool is_told(const RecipientVerdict& verdict) {
  return verdict.end != End::untried;
}

bool is_tried(const RecipientVerdict& verdict) {
  return is_told(verdict) && verdict.event.type != EventType::suppressed;
}

void turn_into_expiration(RecipientVerdict& verdict) {
  verdict.end = End::failed;
  verdict.event.type = EventType::expiration;
}

}  // namespace

Settler::Settler(std::shared_ptr<const QueueRules> rules, const NoticeMaker& notices, Clock& clock,
                 Random random)
    : rules_(std::move(rules)), notices_(notices), clock_(clock), random_(std::move(random)) {}

void Settler::set_rules(std::shared_ptr<const QueueRules> rules) {
  rules_.with([&](auto& current) { current = std::move(rules); });
}

std::shared_ptr<const QueueRules> Settler::rules() const {
  return rules_.with([](const auto& current) { return current; });
}

const RemoteQueueConfig& Settler::policy_of(const QueueRules& rules,
                                            const QueuedMessage& message) const {
  // A class that has left the configuration: its mail goes on under the default rules.
  const RemoteQueueConfig* policy = rules.find(message.queue.remote_queue);
  return policy != nullptr ? *policy : rules.outbound();
}

bool Settler::is_expired(const QueuedMessage& message) const {
  const auto current = rules();
  return clock_.wall() >= message.accepted + to_wall(policy_of(*current, message).max_age);
}

Settlement Settler::settle(QueuedMessage message, std::vector<RecipientVerdict> verdicts) const {
  const auto current = rules();
  const RemoteQueueConfig& policy = policy_of(*current, message);
  const WallTime now = clock_.wall();
  const WallTime end = message.accepted + to_wall(policy.max_age);
  const bool was_tried = std::any_of(verdicts.begin(), verdicts.end(), is_tried);

  Settlement settlement;
  settlement.before = message;
  settlement.before.body = nullptr;
  if (was_tried) {
    ++message.attempts;
    message.last_attempt = now;
  }
  QueuedMessage rest = message;
  rest.envelope.recipients.clear();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    RecipientVerdict& verdict = verdicts[i];
    verdict.event.attempt = message.attempts;
    if (verdict.end == End::deferred && now >= end) turn_into_expiration(verdict);
    if (verdict.end == End::deferred || verdict.end == End::untried) {
      rest.envelope.recipients.push_back(message.envelope.recipients[i]);
    }
    if (verdict.end == End::deferred) {
      rest.last_response = verdict.event.response;
      rest.wish = verdict.wish;
    }
    if (is_told(verdict)) settlement.events.push_back(verdict.event);
  }
  add_notices(settlement, message, verdicts);
  if (rest.envelope.recipients.empty()) return settlement;

  // Recipients that only had no room in the transaction go on at once.
  const bool must_wait = std::any_of(verdicts.begin(), verdicts.end(), [](const auto& verdict) {
    return verdict.end == End::deferred;
  });
  const Duration interval =
      must_wait ? retry_interval(policy.retry, message.attempts, random_()) : Duration::zero();
  // The last attempt is made when the time is over, not before.
  rest.due = std::min(now + to_wall(interval), std::max(end, now));
  rest.body = nullptr;
  settlement.after = std::move(rest);
  add_delay_warning(settlement, policy, verdicts);
  return settlement;
}

Settlement Settler::suppress(QueuedMessage message,
                             const std::vector<std::optional<Suppression>>& entries,
                             bool notifies) const {
  const WallTime now = clock_.wall();
  std::vector<RecipientVerdict> verdicts(message.envelope.recipients.size());
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (!entries[i]) continue;
    verdicts[i].end = notifies ? End::failed : End::suppressed;
    verdicts[i].event = suppressed_event(message, message.envelope.recipients[i], *entries[i], now);
  }
  return settle(std::move(message), std::move(verdicts));
}

Settlement Settler::settle_all(QueuedMessage message, const AttemptFailure& failure) const {
  const WallTime now = clock_.wall();
  std::vector<RecipientVerdict> verdicts;
  for (const Recipient& recipient : message.envelope.recipients) {
    RecipientVerdict verdict;
    verdict.end = failure.is_permanent ? End::failed : End::deferred;
    verdict.event =
        event_of(message, recipient,
                 failure.is_permanent ? EventType::bounce : EventType::transient_failure, now);
    verdict.event.classification = failure.classification;
    verdict.event.hard =
        failure.is_permanent && (failure.classification == Classification::bad_domain ||
                                 failure.enhanced_status == "5.1.10");  // RFC 7505 §4.2: null MX
    verdict.event.smtp_code = failure.smtp_code;
    verdict.event.enhanced_status = failure.enhanced_status;
    verdict.event.response = failure.text;
    verdict.event.site = failure.site;
    verdict.event.peer_host = failure.peer_host;
    verdict.event.peer_address = failure.peer_address;
    verdicts.push_back(std::move(verdict));
  }
  return settle(std::move(message), std::move(verdicts));
}

Settlement Settler::expire(QueuedMessage message) const {
  const auto current = rules();
  const WallTime now = clock_.wall();
  std::vector<RecipientVerdict> verdicts;
  for (const Recipient& recipient : message.envelope.recipients) {
    RecipientVerdict verdict{End::failed, event_of(message, recipient, EventType::expiration, now)};
    verdict.event.classification = Classification::transient;
    verdict.event.hard = false;
    verdict.event.enhanced_status = "4.4.7";  // RFC 3463 §3.5: delivery time expired
    verdict.event.response =
        message.last_response.empty() ? "not delivered in time" : message.last_response;
    verdicts.push_back(std::move(verdict));
  }
  Settlement settlement;
  settlement.before = message;
  settlement.before.body = nullptr;
  for (const RecipientVerdict& verdict : verdicts) settlement.events.push_back(verdict.event);
  add_notices(settlement, message, verdicts);
  return settlement;
}

Settlement Settler::bounce(QueuedMessage message, const std::string& reason, bool notifies) const {
  const WallTime now = clock_.wall();
  std::vector<RecipientVerdict> verdicts;
  Settlement settlement;
  for (const Recipient& recipient : message.envelope.recipients) {
    RecipientVerdict verdict{End::failed,
                             event_of(message, recipient, EventType::admin_bounce, now)};
    verdict.event.classification = Classification::other;
    verdict.event.hard = false;
    verdict.event.enhanced_status = "5.7.0";  // RFC 3463 §3.8: other or undefined security status
    verdict.event.response = reason;
    settlement.events.push_back(verdict.event);
    verdicts.push_back(std::move(verdict));
  }
  settlement.before = message;
  settlement.before.body = nullptr;
  if (notifies) add_notices(settlement, message, verdicts);
  return settlement;
}

void Settler::add_notices(Settlement& settlement, const QueuedMessage& message,
                          const std::vector<RecipientVerdict>& verdicts) const {
  std::vector<NoticeRecipient> failed;
  std::vector<NoticeRecipient> relayed;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const NoticeRecipient one{message.envelope.recipients[i], verdicts[i].event};
    if (verdicts[i].end == End::failed) failed.push_back(one);
    if (verdicts[i].end == End::relayed) relayed.push_back(one);
  }
  const auto current = rules();
  for (auto* group : {&failed, &relayed}) {
    if (group->empty()) continue;
    const auto kind = group == &failed ? NoticeMaker::Kind::failure : NoticeMaker::Kind::relayed;
    auto notice = notices_.make(kind, message, std::move(*group), *current);
    if (notice) settlement.notices.push_back(std::move(*notice));
  }
}

void Settler::add_delay_warning(Settlement& settlement, const RemoteQueueConfig& policy,
                                const std::vector<RecipientVerdict>& verdicts) const {
  QueuedMessage& waiting = *settlement.after;
  const bool is_due = policy.delay_warning > Duration::zero() && !waiting.is_delay_notified &&
                      clock_.wall() >= waiting.accepted + to_wall(policy.delay_warning);
  if (!is_due) return;
  std::vector<NoticeRecipient> delayed;
  std::size_t next = 0;
  for (const RecipientVerdict& verdict : verdicts) {
    const bool waits = verdict.end == End::deferred || verdict.end == End::untried;
    if (!waits) continue;
    const Recipient& recipient = waiting.envelope.recipients[next++];
    if (verdict.end == End::deferred) delayed.push_back({recipient, verdict.event});
  }
  if (delayed.empty()) return;
  waiting.is_delay_notified = true;
  QueuedMessage about = waiting;
  const auto current = rules();
  auto notice = notices_.make(NoticeMaker::Kind::delay, about, std::move(delayed), *current);
  if (notice) settlement.notices.push_back(std::move(*notice));
}

}  // namespace posthaste
