#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "event/event.h"
#include "platform/config_schema.h"
#include "route/limits.h"

namespace posthaste {

// What a reply that matches a rule sets in motion. A cell is one source towards one provider, or
// towards one site that is nobody's.
enum class RuleAction : std::uint8_t {
  retry,              // the message waits, although the reply was a 5yz
  fail,               // the message fails now, although the reply was a 4yz
  suppress,           // the address is bad and gets no more mail
  other_source,       // the next attempt is made from another source of the pool
  skip_host,          // this MX host is not used for `duration`
  slow,               // the cell sends at `rate`, or at `factor` of its rate, for `duration`
  fewer_connections,  // the cell has `connections` at most for `duration`
  suspend,            // nothing in `scope` is sent for `duration`
  hold,               // nothing in `scope` is sent until an operator resumes it
};

// What a suspension stops.
enum class RuleScope : std::uint8_t {
  source_provider,
  source_site,
  provider,
  site,
  tenant,    // a tenant's mail to the provider
  campaign,  // a campaign's mail to the provider
};

// One rule block inside a provider. `retry`, `fail`, `suppress`, `other_source` and the
// classification hold for every reply that matches; the other actions when it has matched `hits`
// times within `within`.
struct ResponseRuleConfig {
  std::string name;                  // title, unique within its provider
  std::vector<std::string> pattern;  // RE2, any of them, found anywhere in "451 4.7.1 text"
  std::optional<Classification> classification;
  std::vector<RuleAction> action;
  RuleScope scope = RuleScope::source_provider;
  std::optional<Duration> duration;
  std::optional<Rate> rate;
  std::optional<double> factor;
  std::optional<std::uint32_t> connections;
  std::optional<double> resume_factor;  // of its former rate, at which a suspended cell goes on
  std::uint32_t hits = 1;
  Duration within = std::chrono::hours(1);
  ConfigLocation where;

  bool has(RuleAction wanted) const;
};

// How TLS is spoken with a provider's hosts.
enum class ProviderTls : std::uint8_t { opportunistic, required };

// A provider block: a mailbox provider, told by its MX hosts. "default" is the level below all.
struct ProviderConfig : Limits {
  std::string name;
  // ".google.com" (ends with) or "mx.example.net" (the host itself). Every MX host of a site must
  // match one of them.
  std::vector<std::string> mx;

  // For the provider as a whole, over all sources and sites.
  std::optional<std::uint32_t> provider_connections;
  std::optional<Rate> provider_connection_rate;
  std::optional<Rate> provider_message_rate;
  std::optional<std::uint64_t> provider_daily_messages;
  std::optional<ProviderTls> provider_tls;
  // The part of its share that a new address sends there at first; grows to 1 in good days.
  std::optional<double> warmup_factor;

  std::vector<ResponseRuleConfig> rules;
  ConfigLocation where;
};

const BlockSchema<ProviderConfig>& provider_schema();

template <>
struct ConfigNames<RuleAction> {
  static constexpr std::array names{std::pair{"retry", RuleAction::retry},
                                    std::pair{"fail", RuleAction::fail},
                                    std::pair{"suppress", RuleAction::suppress},
                                    std::pair{"other_source", RuleAction::other_source},
                                    std::pair{"skip_host", RuleAction::skip_host},
                                    std::pair{"slow", RuleAction::slow},
                                    std::pair{"fewer_connections", RuleAction::fewer_connections},
                                    std::pair{"suspend", RuleAction::suspend},
                                    std::pair{"hold", RuleAction::hold}};
};

template <>
struct ConfigNames<RuleScope> {
  static constexpr std::array names{std::pair{"source_provider", RuleScope::source_provider},
                                    std::pair{"source_site", RuleScope::source_site},
                                    std::pair{"provider", RuleScope::provider},
                                    std::pair{"site", RuleScope::site},
                                    std::pair{"tenant", RuleScope::tenant},
                                    std::pair{"campaign", RuleScope::campaign}};
};

template <>
struct ConfigNames<ProviderTls> {
  static constexpr std::array names{std::pair{"opportunistic", ProviderTls::opportunistic},
                                    std::pair{"required", ProviderTls::required}};
};

template <>
struct ConfigNames<Classification> {
  static constexpr std::array names{
      std::pair{"bad_mailbox", Classification::bad_mailbox},
      std::pair{"inactive_mailbox", Classification::inactive_mailbox},
      std::pair{"mailbox_full", Classification::mailbox_full},
      std::pair{"bad_domain", Classification::bad_domain},
      std::pair{"no_mx", Classification::no_mx},
      std::pair{"relaying_denied", Classification::relaying_denied},
      std::pair{"spam_content", Classification::spam_content},
      std::pair{"spam_block", Classification::spam_block},
      std::pair{"policy", Classification::policy},
      std::pair{"authentication", Classification::authentication},
      std::pair{"rate_limited", Classification::rate_limited},
      std::pair{"greylisted", Classification::greylisted},
      std::pair{"message_too_large", Classification::message_too_large},
      std::pair{"protocol_error", Classification::protocol_error},
      std::pair{"routing", Classification::routing},
      std::pair{"bad_connection", Classification::bad_connection},
      std::pair{"tls_failure", Classification::tls_failure},
      std::pair{"virus", Classification::virus},
      std::pair{"transient", Classification::transient},
      std::pair{"other", Classification::other}};
};

}  // namespace posthaste
