#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "spool/queued_message.h"

namespace posthaste {

// The keys and values of the spool; their layout is described on top of record.proto.

std::string encode_group(const QueuedMessage& message);
// The body is not part of the record; it stays null. `id` and `group` come from the key.
Result<QueuedMessage> decode_group(std::string_view record, MessageId id, std::uint16_t group);

std::string group_key(MessageId id, std::uint16_t group);
// The key under which the groups of a message are counted.
std::string holders_key(MessageId id);

// Where one recipient group stands in its queue: queues give out work in this order.
struct DueEntry {
  WallTime due;
  MessageId id;
  std::uint16_t group = 0;

  auto operator<=>(const DueEntry&) const = default;
};

// The first key that an entry of `queue` can have; all others begin with it.
std::string due_prefix(const QueueName& queue);
// The first key after all entries of `queue`.
std::string due_prefix_end(const QueueName& queue);
std::string due_key(const QueueName& queue, const DueEntry& entry);
// The parts of a due key; an error when the key is damaged.
Result<QueueName> queue_of_due_key(std::string_view key);
Result<DueEntry> entry_of_due_key(std::string_view key);

}  // namespace posthaste
