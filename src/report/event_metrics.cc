#include "report/event_metrics.h"

#include <string>

namespace posthaste {
namespace {

const MetricName kDelivered{"posthaste_messages_delivered_total",
                            "Recipients to whom a message was delivered.",
                            {"provider", "source"}};
const MetricName kDeferred{"posthaste_messages_deferred_total",
                           "Attempts that must be made again, by recipient."};
const MetricName kBounced{"posthaste_messages_bounced_total",
                          "Recipients to whom a message could not be delivered.",
                          {"provider", "source", "classification"}};
const MetricName kConnectionErrors{"posthaste_connection_errors_total",
                                   "Attempts that failed by the connection, not by a reply.",
                                   {"provider", "reason"}};
const MetricName kUnsubscribed{"posthaste_unsubscribes_total",
                               "Recipients who want no more mail of a tenant's stream."};
const MetricName kLatency{"posthaste_delivery_latency_seconds",
                          "Time from acceptance to delivery."};

// A provider is known once providers are configured; until then all is one.
std::string or_default(const std::string& name) {
  return name.empty() ? "default" : name;
}

}  // namespace

EventMetrics::EventMetrics(Metrics& metrics, Spool& spool, Clock& clock, TaskGroup& tasks)
    : metrics_(metrics),
      spool_(spool),
      deferred_(metrics.counter(kDeferred)),
      latency_(metrics.histogram(kLatency, delivery_seconds_bounds())),
      follower_(spool, clock, tasks, [this](const std::vector<Spool::Told>& batch) {
        for (const Spool::Told& told : batch) {
          if (const auto event = Event::decode(told.record)) count(*event);
        }
        return true;
      }) {}

void EventMetrics::start() {
  follower_.start(spool_.last_told());
}

void EventMetrics::count(const Event& event) {
  tally_.count(event);
  const std::string provider = or_default(event.provider);
  const std::string source = or_default(event.source);
  switch (event.type) {
    case EventType::delivery:
      metrics_.counter(kDelivered, {provider, source}).increment();
      if (event.queued_seconds >= 0) latency_.observe(event.queued_seconds);
      break;
    case EventType::transient_failure:
      deferred_.increment();
      if (event.smtp_code == 0) {
        metrics_
            .counter(kConnectionErrors, {provider, std::string(to_string(event.classification))})
            .increment();
      }
      break;
    case EventType::bounce:
    case EventType::expiration:
    case EventType::admin_bounce:
      metrics_.counter(kBounced, {provider, source, std::string(to_string(event.classification))})
          .increment();
      break;
    case EventType::unsubscribe:
      metrics_.counter(kUnsubscribed).increment();
      break;
    default:
      break;
  }
}

}  // namespace posthaste
