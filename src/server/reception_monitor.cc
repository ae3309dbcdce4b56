#include "server/reception_monitor.h"

#include <utility>

#include "event/event.h"

namespace posthaste {
namespace {

const MetricName kReceived{"posthaste_messages_received_total", "Messages accepted.", {"listener"}};
const MetricName kRejected{"posthaste_rejections_total",
                           "Commands and messages refused at a listener.",
                           {"listener", "reason"}};
const MetricName kOpen{"posthaste_connections_open", "Connections open now.", {"direction"}};

const MetricName kBrokenRules{"posthaste_broken_sender_rules_total",
                              "Messages that break a rule for senders.",
                              {"rule", "action"}};
const MetricName kListHeaders{"posthaste_list_headers_total",
                              "Messages of lists, by what became of their fields to unsubscribe.",
                              {"result"}};

// Whether a refusal is of mail, and not of a command gone wrong.
bool is_about_mail(RejectionReason reason) {
  switch (reason) {
    case RejectionReason::line_end:
    case RejectionReason::relaying_denied:
    case RejectionReason::too_many_recipients:
    case RejectionReason::message_too_large:
    case RejectionReason::bad_message:
    case RejectionReason::loop:
    case RejectionReason::sender_rules:
    case RejectionReason::storage:
    case RejectionReason::suppressed:
    case RejectionReason::unknown_recipient:
      return true;
    default:
      return false;
  }
}

}  // namespace

ReceptionMonitor::ReceptionMonitor(Metrics& metrics, Spool& spool,
                                   const std::vector<std::string>& listeners)
    : metrics_(metrics), spool_(spool), open_(metrics.gauge(kOpen, {"in"})) {
  for (const std::string& listener : listeners) {
    received_.emplace(listener, metrics.counter(kReceived, {listener}));
  }
}

void ReceptionMonitor::on_connection_opened(std::string_view) {
  open_.add(1);
}

void ReceptionMonitor::on_connection_closed(std::string_view) {
  open_.add(-1);
}

void ReceptionMonitor::on_message_received(std::string_view listener, std::uint64_t) {
  const std::string name(listener);
  const auto known = received_.find(name);
  // One that a reload has opened is looked up each time.
  const Counter counter =
      known != received_.end() ? known->second : metrics_.counter(kReceived, {name});
  counter.increment();
}

void ReceptionMonitor::on_broken_rule(SenderRule rule, bool is_refused) {
  metrics_.counter(kBrokenRules, {std::string(to_string(rule)), is_refused ? "reject" : "warn"})
      .increment();
}

void ReceptionMonitor::on_list_headers(ListHeaders headers) {
  metrics_.counter(kListHeaders, {std::string(to_string(headers))}).increment();
}

void ReceptionMonitor::on_rejection(const Rejection& rejection) {
  metrics_
      .counter(kRejected,
               {std::string(rejection.listener), std::string(to_string(rejection.reason))})
      .increment();
  if (!is_about_mail(rejection.reason)) return;
  // Of a message as a whole: Admission has told it for each recipient.
  if (rejection.reason == RejectionReason::suppressed && rejection.recipient.empty()) return;
  Event event;
  event.time = rejection.time;
  event.type = rejection.reason == RejectionReason::suppressed ? EventType::suppressed
                                                               : EventType::rejection;
  event.listener = rejection.listener;
  event.session_id = rejection.session_id;
  event.peer_address = rejection.peer_address;
  event.sender = rejection.sender;
  event.recipient = rejection.recipient;
  const std::size_t at = event.recipient.rfind('@');
  if (at != std::string::npos) event.recipient_domain = event.recipient.substr(at + 1);
  event.size = rejection.size;
  event.smtp_code = rejection.smtp_code;
  event.enhanced_status = rejection.enhanced_status;
  event.response = rejection.response;
  spool_.tell(event);
}

}  // namespace posthaste
