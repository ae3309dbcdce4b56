#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "event/event.h"
#include "mail/address.h"
#include "platform/config.h"
#include "route/return_path_config.h"

namespace posthaste {

// Who asked for a log.
enum class LogOrigin : std::uint8_t { log_block, bounce_block };

// A log block: a file of events, one JSON object a line.
struct LogConfig {
  LogOrigin origin = LogOrigin::log_block;
  std::string name;
  std::filesystem::path path;
  std::vector<std::string> types;  // empty: all
  Bytes max_size = Bytes(100 << 20);
  Duration max_age = std::chrono::hours(24);
  std::uint32_t keep = 30;
  bool compress = true;

  // The key of the log's cursor in the spool. No two logs of a configuration
  // have the same.
  std::string cursor_key() const;
  // The key that it once had, and may have shared with another log; "" if none.
  std::string former_cursor_key() const;
};

// The bounce block.
struct BounceConfig {
  bool use_8bitmime = false;
  bool log_bounces = false;
  std::filesystem::path log_path = "/var/log/posthaste/bounces.log";
  bool notify_sender = true;
  std::optional<Domain> domain;    // of return paths; none: envelope senders stay
  std::filesystem::path key_file;  // "": one in data_dir, made once
  Verp verp = Verp::recipient;

  // The log that log_bounces asks for.
  LogConfig as_log() const;
};

const BlockSchema<LogConfig>& log_schema();
const BlockSchema<BounceConfig>& bounce_schema();

}  // namespace posthaste
