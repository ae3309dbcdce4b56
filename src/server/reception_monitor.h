#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "accept/reception_observer.h"
#include "platform/metrics.h"
#include "queue/admission.h"
#include "spool/spool.h"

namespace posthaste {

// Counts what happens at the listeners, and tells of refused mail as events. Any thread.
class ReceptionMonitor final : public ReceptionObserver, public AdmissionObserver {
 public:
  ReceptionMonitor(Metrics& metrics, Spool& spool, const std::vector<std::string>& listeners);

  void on_connection_opened(std::string_view listener) override;
  void on_connection_closed(std::string_view listener) override;
  void on_message_received(std::string_view listener, std::uint64_t size) override;
  void on_rejection(const Rejection& rejection) override;
  void on_broken_rule(SenderRule rule, bool is_refused) override;
  void on_list_headers(ListHeaders headers) override;

 private:
  Metrics& metrics_;
  Spool& spool_;
  Gauge open_;
  std::unordered_map<std::string, Counter> received_;  // by listener of the start; never changed
};

}  // namespace posthaste
