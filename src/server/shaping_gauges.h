#pragma once

#include <vector>

#include "base/guarded.h"
#include "platform/metrics.h"
#include "shape/governor.h"

namespace posthaste {

// What shaping does, as gauges: the paces that closed loops hold, suspensions, warm-up. Set on the
// queue loop, read by whoever scrapes.
class ShapingGauges {
 public:
  explicit ShapingGauges(Metrics& metrics);
  ShapingGauges(const ShapingGauges&) = delete;
  ShapingGauges& operator=(const ShapingGauges&) = delete;

  // On the governor's loop.
  void set(const Governor& governor);

 private:
  struct Figures {
    std::vector<Governor::HeldPace> paces;
    std::vector<WarmupBook::Status> warmup;
    std::size_t suspensions = 0;
  };

  Guarded<Figures> figures_;
  std::vector<Metrics::Registration> registrations_;
};

}  // namespace posthaste
