#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/units.h"
#include "platform/config_schema.h"

namespace posthaste {

// How fast one source may talk to one site, as one block of the configuration says it. What is not
// set is what the level above says: default, provider, pool, source, then the pairs of pool and
// provider and of source and provider.
struct Limits {
  std::optional<std::uint32_t> connections;  // at one time
  std::optional<Rate> connection_rate;
  std::optional<Rate> message_rate;
  std::optional<std::uint64_t> daily_messages;  // in any 24 hours
  std::optional<std::uint32_t> messages_per_connection;
  std::optional<std::uint32_t> recipients_per_transaction;

  // The place of each key that is set, by its name, for whoever asks which line holds mail back.
  std::map<std::string, ConfigLocation> lines;

  // What `closer` sets replaces what stands here, each value with its place.
  void override_with(const Limits& closer);
};

// Adds the keys of Limits to the schema of a block whose Config derives from it.
template <class Config>
BlockSchema<Config>&& with_limit_keys(BlockSchema<Config>&& schema) {
  return std::move(schema)
      .key_lines(static_cast<std::map<std::string, ConfigLocation> Config::*>(&Limits::lines))
      .key("connections", static_cast<std::optional<std::uint32_t> Config::*>(&Limits::connections),
           "Connections of one source to one site at one time.", {.min = 1U})
      .key("connection_rate", static_cast<std::optional<Rate> Config::*>(&Limits::connection_rate),
           "New connections of one source to one site, as \"100/min\".")
      .key("message_rate", static_cast<std::optional<Rate> Config::*>(&Limits::message_rate),
           "Messages of one source to one site, as \"100/s\", evenly paced.")
      .key("daily_messages",
           static_cast<std::optional<std::uint64_t> Config::*>(&Limits::daily_messages),
           "Messages of one source to one site in any 24 hours.")
      .key("messages_per_connection",
           static_cast<std::optional<std::uint32_t> Config::*>(&Limits::messages_per_connection),
           "Messages before a connection is closed and a new one opened.", {.min = 1U})
      .key("recipients_per_transaction",
           static_cast<std::optional<std::uint32_t> Config::*>(&Limits::recipients_per_transaction),
           "Recipients of one transaction; further ones get one of their own.", {.min = 1U});
}

// The limits of a pool or a source for one provider: the block provider "NAME" inside them.
struct PairLimits : Limits {
  std::string provider;
  ConfigLocation where;
};

const BlockSchema<PairLimits>& pair_limits_schema();

}  // namespace posthaste
