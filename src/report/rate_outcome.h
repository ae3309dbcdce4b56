#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "event/event.h"
#include "report/rate_config.h"

namespace posthaste {

// What one event adds to the shares.
struct RateOutcome {
  WallTime time;  // for which it counts: a bounce or complaint that came later, when it was sent
  std::string source;
  std::string provider;
  std::string tenant;
  std::string campaign;
  bool came_later = false;  // after the delivery: an oob_bounce or a complaint

  std::uint32_t ended = 0;  // delivered, bounced or expired
  std::uint32_t hard = 0;
  std::uint32_t soft = 0;
  std::uint32_t attempts = 0;
  std::uint32_t deferred = 0;
  std::uint32_t taken = 0;  // by a provider that passes complaints on
  std::uint32_t complaints = 0;
  bool is_complaint = false;  // whatever the provider is

  std::uint32_t part_of(RateKind kind) const;
  std::uint32_t whole_of(RateKind kind) const;
};

// Whether the outcome depends on what was told of the message before.
bool came_later(const Event& event);

// nullopt: it adds nothing. `earlier`: what was told before of the same message, for an event that
// came_later(). A message and recipient of which a failure or complaint was counted already counts
// no second time; where the delivery is known, bounce and complaint count for its time, source,
// provider, tenant and campaign, and the message itself not again.
std::optional<RateOutcome> outcome_of(const Event& event, const std::vector<Event>& earlier,
                                      const RateRules& rules);

}  // namespace posthaste
