#pragma once

#include <cstdint>

#include "base/units.h"
#include "route/queue_config.h"

namespace posthaste {

// How long to wait after the attempt number `attempts` (1: the first) has failed: the first
// interval, `growth` times longer each time, at most the ceiling, and varied by up to `jitter` of
// itself. `random` is any 64 bits.
Duration retry_interval(const RetryConfig& config, std::uint32_t attempts, std::uint64_t random);

}  // namespace posthaste
