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

// What a reply that matches a rule sets in motion. Scopes are those of interface.md's words: a cell
// is one source towards one provider.
enum class RuleAction : std::uint8_t {
  none,               // only the classification
  slow,               // the cell sends at `rate` for `duration`
  fewer_connections,  // the cell holds `connections` at most for `duration`
  suspend,            // nothing in `scope` is sent for `duration`
  skip_host,          // this MX host is not used for `duration`
  hold,               // the queue waits until an operator looks; an alert is raised
  other_source,       // the message's next attempt goes from another source of its pool
  suppress,           // the recipient gets no more mail
  fail,               // the message fails now, although the reply was a 4yz
  retry,              // the message waits, although the reply was a 5yz
};

// What a suspension stops.
enum class RuleScope : std::uint8_t { source_site, source_provider, tenant, campaign };

// One rule block inside a provider.
struct ResponseRuleConfig {
  std::string name;                  // title, unique within its provider
  std::vector<std::string> pattern;  // RE2, any of them, found anywhere in "451 4.7.1 text"
  std::optional<Classification> classification;
  std::vector<RuleAction> action;
  RuleScope scope = RuleScope::source_provider;
  std::optional<Duration> duration;
  std::optional<Rate> rate;
  std::optional<std::uint32_t> connections;
  // Acts only when it has matched `hits` times within `within`.
  std::uint32_t hits = 1;
  Duration within{0};
  ConfigLocation where;
};

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

  std::vector<ResponseRuleConfig> rules;
  ConfigLocation where;
};

const BlockSchema<ProviderConfig>& provider_schema();

}  // namespace posthaste
