#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "event/event.h"
#include "queue/return_notice.h"
#include "route/queue_rule.h"
#include "route/suppression.h"
#include "spool/spool.h"

namespace posthaste {

// Why a message could not be handed to anybody: what stands in the event and in the notification.
struct AttemptFailure {
  bool is_permanent = false;
  Classification classification = Classification::other;
  std::uint32_t smtp_code = 0;  // 0: nobody answered
  std::string enhanced_status;  // "4.4.1"
  std::string text;
  std::string site;
  std::string peer_host;
  std::string peer_address;
};

// What an attempt meant for one recipient of a group.
struct RecipientVerdict {
  enum class End : std::uint8_t {
    delivered,   // accepted by the peer, which passes notifications on itself
    relayed,     // accepted by a peer that does not speak DSN (RFC 3461 §5.2.2)
    deferred,    // to be tried again
    failed,      // for good
    suppressed,  // for good, and nobody is told: it was never tried
    untried      // the attempt never came to this recipient
  };
  End end = End::untried;
  // What happened, as far as `end` is not untried. Its type follows from `end`; settle() changes
  // it to expiration where the message has become too old.
  Event event;
  // From where the next attempt should be made, for what is deferred.
  SourceWish wish = {};
};

// Turns what happened to a message into what is written: the group as it goes on waiting, its next
// due time, the events, and the notifications for the sender. The rules are those of the group's
// remote_queue: retry, max_age, delay_warning.
//
// Any thread may call it.
class Settler {
 public:
  // 64 random bits, from any thread.
  using Random = std::function<std::uint64_t()>;

  Settler(std::shared_ptr<const QueueRules> rules, const NoticeMaker& notices, Clock& clock,
          Random random);

  // Requires: one verdict for each recipient, in order. `message` as it was taken from the queue;
  // an attempt is counted when any recipient was tried.
  Settlement settle(QueuedMessage message, std::vector<RecipientVerdict> verdicts) const;

  // The recipients at these places get nothing, for `entries` of the suppression list; the others
  // go on at once. The sender is told where `notifies` says so.
  Settlement suppress(QueuedMessage message, const std::vector<std::optional<Suppression>>& entries,
                      bool notifies) const;

  // The same failure for every recipient.
  Settlement settle_all(QueuedMessage message, const AttemptFailure& failure) const;

  // Its time is over: nobody tries again.
  Settlement expire(QueuedMessage message) const;
  bool is_expired(const QueuedMessage& message) const;
  // An operator ends it; the sender is told where `notifies` says so.
  Settlement bounce(QueuedMessage message, const std::string& reason, bool notifies) const;

  void set_rules(std::shared_ptr<const QueueRules> rules);
  std::shared_ptr<const QueueRules> rules() const;

 private:
  const RemoteQueueConfig& policy_of(const QueueRules& rules, const QueuedMessage& message) const;
  void add_notices(Settlement& settlement, const QueuedMessage& message,
                   const std::vector<RecipientVerdict>& verdicts) const;
  void add_delay_warning(Settlement& settlement, const RemoteQueueConfig& policy,
                         const std::vector<RecipientVerdict>& verdicts) const;

  Guarded<std::shared_ptr<const QueueRules>> rules_;
  const NoticeMaker& notices_;
  Clock& clock_;
  Random random_;
};

}  // namespace posthaste
