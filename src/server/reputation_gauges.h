#pragma once

#include <functional>
#include <vector>

#include "platform/metrics.h"
#include "reputation/reputation_view.h"

namespace posthaste {

// What is known of reputations, as gauges; looked up when somebody scrapes.
class ReputationGauges {
 public:
  ReputationGauges(Metrics& metrics, std::function<ReputationView::Shared()> view);
  ReputationGauges(const ReputationGauges&) = delete;
  ReputationGauges& operator=(const ReputationGauges&) = delete;

 private:
  std::vector<Metrics::Registration> registrations_;
};

}  // namespace posthaste
