#include "queue/message_event.h"

#include <algorithm>
#include <chrono>

namespace posthaste {
namespace {

Event event_of_message(const QueuedMessage& message, EventType type) {
  Event event;
  event.type = type;
  event.message_id = message.id.to_string();
  event.tenant = message.queue.tenant.value();
  event.campaign = message.queue.campaign.value();
  event.stream = message.tags.stream;
  event.sender = message.envelope.sender.smtp_form();
  event.header_from = message.facts.header_from;
  event.subject = message.facts.subject;
  event.size = message.size;
  event.session_id = message.session_id;
  event.dkim_domains = message.dkim_domains;
  event.meta = message.tags.meta;
  return event;
}

}  // namespace

Event event_of(const QueuedMessage& message, const Recipient& recipient, EventType type,
               WallTime now) {
  Event event = event_of_message(message, type);
  event.time = now;
  event.recipient = recipient.address.smtp_form();
  event.recipient_domain = recipient.address.domain().ascii();
  event.queue = message.queue.to_string();
  event.attempt = message.attempts;
  event.queued_seconds =
      std::chrono::duration<double>(std::max(now - message.accepted, WallTime::duration::zero()))
          .count();
  return event;
}

Event suppressed_event(const QueuedMessage& message, const Recipient& recipient,
                       const Suppression& entry, WallTime now) {
  Event event = event_of(message, recipient, EventType::suppressed, now);
  event.smtp_code = 550;
  event.enhanced_status = "5.1.1";
  event.response = entry.explain();
  return event;
}

Event reception_event(const QueuedMessage& first_group, const std::vector<std::string>& recipients,
                      const std::string& listener) {
  Event event = event_of_message(first_group, EventType::reception);
  event.time = first_group.accepted;
  event.recipients = recipients;
  event.listener = listener;
  return event;
}

}  // namespace posthaste
