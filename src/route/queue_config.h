#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "platform/config.h"
#include "platform/config_schema.h"

namespace posthaste {

// When to try again: first, then `growth` times longer each time up to `ceiling`; each interval
// varies by up to `jitter` of itself, so that what failed together does not return together.
struct RetryConfig {
  Duration first = std::chrono::minutes(20);
  double growth = 2.0;
  Duration ceiling = std::chrono::hours(4);
  double jitter = 0.2;
};

// What a message must be for a remote_queue: for each list that is not empty, any of its values.
// Values are compared without case; "*" stands for any text.
struct QueueMatch {
  std::vector<std::string> sender;  // "news@example.com", "*@example.com", "<>"
  std::vector<std::string> header;  // "X-Priority: high": field name and RE2 pattern
  std::vector<std::string> tenant;
  std::vector<std::string> campaign;
  std::vector<std::string> stream;
  std::vector<std::string> recipient_domain;  // "example.com", "*.example.com"

  bool empty() const {
    return sender.empty() && header.empty() && tenant.empty() && campaign.empty() &&
           stream.empty() && recipient_domain.empty();
  }
};

// What is done with mail that breaks a rule of route/sender_rules.h.
enum class RulePolicy : std::uint8_t { accept, warn, reject };

// How close From must be to who signs and to the return path (RFC 9989 §4.4): the same
// organizational domain, or the same domain.
enum class Alignment : std::uint8_t { relaxed, strict };

template <>
struct ConfigNames<RulePolicy> {
  static constexpr std::array names{std::pair{"accept", RulePolicy::accept},
                                    std::pair{"warn", RulePolicy::warn},
                                    std::pair{"reject", RulePolicy::reject}};
};
template <>
struct ConfigNames<Alignment> {
  static constexpr std::array names{std::pair{"relaxed", Alignment::relaxed},
                                    std::pair{"strict", Alignment::strict}};
};

// One remote_queue block: a class of outgoing mail.
struct RemoteQueueConfig {
  std::string name = "outbound";
  std::uint32_t concurrency = 500;  // deliveries at one time; 0: no limit
  Rate rate;
  std::string pool;  // ""; the pool "default", else all sources
  RetryConfig retry;
  Duration max_age = std::chrono::hours(4 * 24);
  std::uint32_t priority = 5;  // 0 to 10, higher goes first
  Duration delay_warning{0};   // 0: none is sent
  RulePolicy unaligned = RulePolicy::accept;
  Alignment alignment = Alignment::relaxed;
  bool bulk = false;  // its mail must carry one-click unsubscription
  QueueMatch match;
  ConfigLocation where;
  std::map<std::string, ConfigLocation> lines;  // the place of each key that is set
};

// "outbound" stands also when nobody wrote it.
const BlockSchema<RemoteQueueConfig>& remote_queue_schema();

}  // namespace posthaste
