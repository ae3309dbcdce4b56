#pragma once

#include "event/event.h"
#include "spool/queued_message.h"

namespace posthaste {

// An event of one recipient of a message, with all that the message itself says filled in; the
// caller adds what it alone knows (replies, peers, TLS).
Event event_of(const QueuedMessage& message, const Recipient& recipient, EventType type,
               WallTime now);

// The event of a message's acceptance.
Event reception_event(const QueuedMessage& first_group, const std::vector<std::string>& recipients,
                      const std::string& listener);

}  // namespace posthaste
