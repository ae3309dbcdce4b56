#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "route/suppression_config.h"

namespace posthaste {

// What is remembered of an address that failed and may recover: soft bounces since the last
// delivery, and when its domain was first found missing. A delivery forgets it all.
struct SoftBounces {
  std::uint32_t events = 0;
  std::uint32_t days = 0;  // different ones, UTC
  WallTime first;          // kept to the second
  WallTime last;
  std::optional<WallTime> no_domain;

  // Counts one more; what is too old is forgotten first.
  void add(WallTime time, const SoftBounceRule& rule);
  bool is_enough(const SoftBounceRule& rule) const;

  // events (4), days (4), first (4), last (4), no_domain (4; 0: none): see suppression.h.
  std::string encode() const;
  // A record that is damaged is an empty one.
  static SoftBounces decode(std::string_view record);
};

}  // namespace posthaste
