#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/units.h"
#include "platform/config_schema.h"

namespace posthaste {

// What a client hears that names a suppressed recipient.
enum class SuppressionAnswer : std::uint8_t {
  refuse,  // 550 5.1.1
  accept   // 250; an event tells that nothing was sent
};

// For whom an address is suppressed that is bad.
enum class SuppressionReach : std::uint8_t { everybody, tenant };

// When an address that is full or silent again and again gets no more mail.
struct SoftBounceRule {
  std::uint32_t events = 5;
  std::uint32_t days = 3;                          // on so many different ones
  Duration span = std::chrono::hours(14 * 24);     // from the first to the last
  Duration expires = std::chrono::hours(90 * 24);  // then it is tried again
  Duration forget = std::chrono::hours(180 * 24);  // events older than this no longer count
};

// The suppression block. A duration of 0 is for ever.
struct SuppressionConfig {
  SuppressionAnswer at_reception = SuppressionAnswer::refuse;
  bool notify_sender = false;
  SuppressionReach bad_addresses_for = SuppressionReach::everybody;
  bool hard_bounces = true;
  Duration hard_bounces_expire{0};
  Duration bad_domain_apart = std::chrono::hours(1);
  bool complaints = true;
  Duration complaints_expire{0};
  Duration unsubscribes_expire{0};
  SoftBounceRule soft_bounces;
};

const BlockSchema<SuppressionConfig>& suppression_schema();

template <>
struct ConfigNames<SuppressionAnswer> {
  static constexpr std::array names{std::pair{"refuse", SuppressionAnswer::refuse},
                                    std::pair{"accept", SuppressionAnswer::accept}};
};

template <>
struct ConfigNames<SuppressionReach> {
  static constexpr std::array names{std::pair{"everybody", SuppressionReach::everybody},
                                    std::pair{"tenant", SuppressionReach::tenant}};
};

}  // namespace posthaste
