#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "event/event.h"
#include "mail/address.h"
#include "route/queue_rule.h"
#include "spool/spool.h"

namespace posthaste {

struct NoticeOptions {
  std::string hostname;       // of this server: Reporting-MTA
  bool use_8bitmime = false;  // else notifications are 7-bit, whatever they return
  bool notify_sender = true;  // false: only the log and the events tell
};

// What a notification says of one recipient.
struct NoticeRecipient {
  Recipient recipient;
  Event event;  // status, reply, peer
};

// Writes delivery status notifications (RFC 3464, RFC 6522) to the envelope sender.
//
// Any thread may call it.
class NoticeMaker {
 public:
  enum class Kind : std::uint8_t { failure, delay, relayed };

  // `spool` gives the bodies that memory does not hold.
  NoticeMaker(NoticeOptions options, Spool& spool, Clock& clock);

  // Nothing when none may be sent: a null sender (RFC 5321 §4.5.5), or no recipient asked for this
  // kind (RFC 3461 §4.1).
  std::optional<NewMessage> make(Kind kind, const QueuedMessage& about,
                                 std::vector<NoticeRecipient> recipients,
                                 const QueueRules& rules) const;

  // When the server gives up, for a delay notice. Part of `about`'s remote_queue.
  static WallTime gives_up_at(const QueuedMessage& about, const RemoteQueueConfig& policy);

 private:
  // The message that carries a notification back to `about`'s sender.
  NewMessage address_notice(const QueuedMessage& about, MessageId id, std::string text,
                            const QueueRules& rules) const;

  NoticeOptions options_;
  Spool& spool_;
  Clock& clock_;
};

}  // namespace posthaste
