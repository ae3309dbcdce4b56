#include "route/limits.h"

namespace posthaste {

void Limits::override_with(const Limits& closer) {
  if (closer.connections) connections = closer.connections;
  if (closer.connection_rate) connection_rate = closer.connection_rate;
  if (closer.message_rate) message_rate = closer.message_rate;
  if (closer.daily_messages) daily_messages = closer.daily_messages;
  if (closer.messages_per_connection) messages_per_connection = closer.messages_per_connection;
  if (closer.recipients_per_transaction) {
    recipients_per_transaction = closer.recipients_per_transaction;
  }
  for (const auto& [key, line] : closer.lines) lines[key] = line;
}

const BlockSchema<PairLimits>& pair_limits_schema() {
  static const auto schema =
      with_limit_keys(BlockSchema<PairLimits>("provider", BlockKind::titled,
                                              "Limits towards one provider, closer than its own.")
                          .title(&PairLimits::provider)
                          .location(&PairLimits::where));
  return schema;
}

}  // namespace posthaste
