#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/event.h"
#include "mail/address.h"
#include "mail/message_id.h"
#include "spool/spool.h"

namespace posthaste {

// What the outbox still tells of a message that something came back for. A server that did not send
// it, or sent it too long ago, knows nothing but its id.
class SentMessage {
 public:
  // Blocks: for a BlockingPool. Errors: the disk.
  static Result<SentMessage> load(const Spool& spool, MessageId id);
  SentMessage(MessageId id, std::vector<Event> events) : id_(id), events_(std::move(events)) {}

  bool is_known() const { return !events_.empty(); }
  // All it was accepted for; empty when nothing is known of it.
  std::vector<MailAddress> recipients() const;
  bool has_recipient(const MailAddress& address) const;

  // An event about the message and this recipient, with all that the last delivery (or attempt)
  // told of it: tenant, campaign, stream, source, provider, …
  Event event_about(const std::optional<MailAddress>& recipient, EventType type,
                    WallTime now) const;

 private:
  const Event* last_attempt(const MailAddress& recipient) const;

  MessageId id_;
  std::vector<Event> events_;
};

}  // namespace posthaste
