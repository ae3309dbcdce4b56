#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "shape/suspension.h"

namespace posthaste {

// What an operator has ordered of all mail that waits in some queues. It is carried out as the mail
// is read from disk, so a queue of millions takes no more memory than any other; it stands in the
// spool until it is done, so a restart goes on with it.
struct QueueOrder {
  enum class Kind : std::uint8_t {
    bounce,  // the mail fails now
    rebind,  // the mail goes on in another remote_queue
  };
  std::uint64_t number = 0;
  Kind kind = Kind::bounce;
  MailScope scope;  // remote_queue, tenant, campaign, domain, pool
  WallTime given;   // mail that was accepted later is not meant
  std::string reason;
  std::string to;         // the remote_queue to rebind to
  bool notifies = false;  // whether senders are told of a bounce

  std::string encode() const;
  // nullopt: no such record.
  static std::optional<QueueOrder> decode(std::string_view record);
};

}  // namespace posthaste
