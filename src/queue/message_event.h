#pragma once

#include "event/event.h"
#include "route/suppression.h"
#include "spool/queued_message.h"

namespace posthaste {

// An event of one recipient of a message, with all that the message itself says filled in; the
// caller adds what it alone knows (replies, peers, TLS).
Event event_of(const QueuedMessage& message, const Recipient& recipient, EventType type,
               WallTime now);

// The event of a message's acceptance.
Event reception_event(const QueuedMessage& first_group, const std::vector<std::string>& recipients,
                      const std::string& listener);

// What is told of a recipient that the suppression list keeps mail from.
Event suppressed_event(const QueuedMessage& message, const Recipient& recipient,
                       const Suppression& entry, WallTime now);

}  // namespace posthaste
