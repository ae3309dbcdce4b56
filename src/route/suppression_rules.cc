#include "route/suppression_rules.h"

#include <chrono>

#include "route/soft_bounces.h"

namespace posthaste {
namespace {

enum class Meaning : std::uint8_t {
  nothing,
  delivered,
  bad_address,
  missing_domain,
  soft,
  complaint,
  unsubscribe
};

bool is_of_mailbox(Classification classification) {
  return classification == Classification::mailbox_full ||
         classification == Classification::inactive_mailbox;
}

// An expiry of mail that was held back for what a peer thinks of us says nothing of the address.
bool is_of_us(Classification classification) {
  switch (classification) {
    case Classification::rate_limited:
    case Classification::greylisted:
    case Classification::spam_block:
    case Classification::spam_content:
    case Classification::policy:
    case Classification::authentication:
    case Classification::relaying_denied:
    case Classification::message_too_large:
    case Classification::protocol_error:
    case Classification::tls_failure:
    case Classification::virus:
      return true;
    default:
      return false;
  }
}

Meaning meaning_of(const Event& event) {
  switch (event.type) {
    case EventType::delivery:
      return Meaning::delivered;
    case EventType::complaint:
      return Meaning::complaint;
    case EventType::unsubscribe:
      return Meaning::unsubscribe;
    case EventType::expiration:
      return is_of_us(event.classification) ? Meaning::nothing : Meaning::soft;
    case EventType::bounce:
      // Nobody answered: it was DNS that said so to us.
      if (event.classification == Classification::bad_domain && event.peer_host.empty()) {
        return Meaning::missing_domain;
      }
      [[fallthrough]];
    case EventType::oob_bounce:
      if (event.hard.value_or(false)) return Meaning::bad_address;
      [[fallthrough]];
    case EventType::transient_failure:
      return is_of_mailbox(event.classification) ? Meaning::soft : Meaning::nothing;
    default:
      return Meaning::nothing;
  }
}

bool is_of_stream(Meaning meaning) {
  return meaning == Meaning::complaint || meaning == Meaning::unsubscribe;
}

// "550 5.1.1": the whole reply is in the event that the entry names.
std::string short_reply(const Event& event) {
  std::string text;
  if (event.smtp_code != 0) text = std::to_string(event.smtp_code);
  if (!event.enhanced_status.empty()) text += (text.empty() ? "" : " ") + event.enhanced_status;
  return text;
}

Suppression entry_for(const MailAddress& address, const Event& event, std::uint64_t sequence) {
  Suppression entry;
  entry.address = address;
  entry.since = event.time;
  entry.event = sequence;
  entry.text = short_reply(event);
  return entry;
}

}  // namespace

SuppressionRules::SuppressionRules(const SuppressionConfig& config, LookUp look_up)
    : config_(config), look_up_(std::move(look_up)) {}

void SuppressionRules::expect(const std::vector<std::pair<std::uint64_t, Event>>& events) {
  std::vector<std::string> keys;
  for (const auto& [sequence, event] : events) {
    const Meaning meaning = meaning_of(event);
    if (meaning == Meaning::nothing || is_of_stream(meaning)) continue;
    const auto address = MailAddress::parse(event.recipient);
    if (address) keys.push_back(soft_bounces_key(*address));
  }
  Spool::Found found = look_up_(keys);
  for (std::size_t i = 0; i < keys.size(); ++i) known_.emplace(keys[i], std::move(found[i]));
}

const std::optional<std::string>& SuppressionRules::value_of(const std::string& key) {
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  return known_.emplace(key, look_up_({key}).front()).first->second;
}

void SuppressionRules::set(const std::string& key, std::optional<std::string> value) {
  known_[key] = value;
  changed_[key] = std::move(value);
}

void SuppressionRules::add(Suppression entry, Duration expires) {
  if (expires > Duration::zero()) {
    entry.until = entry.since + std::chrono::duration_cast<WallTime::duration>(expires);
  }
  const std::string key = suppression_key(entry.address, entry.tenant, entry.stream);
  if (const auto& value = value_of(key)) {
    // What already holds for longer stays as it is; but a complaint is never forgotten, and ends no
    // sooner than what it takes the place of.
    const auto old = decode_suppression(key, *value);
    const bool holds = old && old->is_in_force(entry.since) &&
                       (!old->until || (entry.until && *old->until >= *entry.until));
    const bool is_graver = entry.reason == SuppressionReason::complaint && old &&
                           old->reason != SuppressionReason::complaint;
    if (holds && !is_graver) return;
    if (holds) entry.until = old->until;
  }
  set(key, suppression_value(entry));
}

void SuppressionRules::count(const MailAddress& address, Suppression entry) {
  const std::string key = soft_bounces_key(address);
  const auto& record = value_of(key);
  SoftBounces soft = record ? SoftBounces::decode(*record) : SoftBounces();
  soft.add(entry.since, config_.soft_bounces);
  const bool is_enough = soft.is_enough(config_.soft_bounces);
  // It stays when the address is suppressed: one more failure after that is enough.
  set(key, soft.encode());
  if (!is_enough) return;
  entry.reason = SuppressionReason::soft_bounces;
  add(std::move(entry), config_.soft_bounces.expires);
}

void SuppressionRules::on_missing_domain(const MailAddress& address, Suppression entry) {
  const std::string key = soft_bounces_key(address);
  const auto& record = value_of(key);
  SoftBounces soft = record ? SoftBounces::decode(*record) : SoftBounces();
  const auto apart = std::chrono::duration_cast<WallTime::duration>(config_.bad_domain_apart);
  if (soft.no_domain && entry.since >= *soft.no_domain + apart) {
    set(key, std::nullopt);
    add(std::move(entry), config_.hard_bounces_expire);
    return;
  }
  if (soft.no_domain) return;
  soft.no_domain = entry.since;
  set(key, soft.encode());
}

void SuppressionRules::on_delivery(const MailAddress& address) {
  const std::string key = soft_bounces_key(address);
  if (value_of(key)) set(key, std::nullopt);
}

void SuppressionRules::apply(std::uint64_t sequence, const Event& event) {
  const Meaning meaning = meaning_of(event);
  if (meaning == Meaning::nothing) return;
  const auto address = MailAddress::parse(event.recipient);
  if (!address) return;
  Suppression entry = entry_for(*address, event, sequence);
  const bool is_own = config_.bad_addresses_for == SuppressionReach::tenant;
  if (is_own || is_of_stream(meaning)) entry.tenant = TenantId(event.tenant);
  if (is_of_stream(meaning)) entry.stream = event.stream;
  switch (meaning) {
    case Meaning::delivered:
      return on_delivery(*address);
    case Meaning::bad_address:
      entry.reason = SuppressionReason::hard_bounce;
      if (config_.hard_bounces) add(std::move(entry), config_.hard_bounces_expire);
      return;
    case Meaning::missing_domain:
      entry.reason = SuppressionReason::hard_bounce;
      if (config_.hard_bounces) on_missing_domain(*address, std::move(entry));
      return;
    case Meaning::soft:
      return count(*address, std::move(entry));
    case Meaning::complaint:
      entry.reason = SuppressionReason::complaint;
      if (config_.complaints) add(std::move(entry), config_.complaints_expire);
      return;
    case Meaning::unsubscribe:
      entry.reason = SuppressionReason::unsubscribe;
      return add(std::move(entry), config_.unsubscribes_expire);
    case Meaning::nothing:
      return;
  }
}

std::vector<SpoolChanges::Entry> SuppressionRules::take_changes() {
  std::vector<SpoolChanges::Entry> changes;
  for (auto& [key, value] : changed_) changes.push_back({key, std::move(value)});
  changed_.clear();
  return changes;
}

}  // namespace posthaste
