#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/units.h"
#include "event/event.h"
#include "platform/config.h"

namespace posthaste {

// A log block: a file of events, one JSON object a line.
struct LogConfig {
  std::string name;
  std::filesystem::path path;
  std::vector<std::string> types;  // empty: all
  Bytes max_size = Bytes(100 << 20);
  Duration max_age = std::chrono::hours(24);
  std::uint32_t keep = 30;
  bool compress = true;
};

// The bounce block.
struct BounceConfig {
  bool use_8bitmime = false;
  bool log_bounces = false;
  std::filesystem::path log_path = "/var/log/posthaste/bounces.log";
  bool notify_sender = true;

  // The log that log_bounces asks for.
  LogConfig as_log() const;
};

const BlockSchema<LogConfig>& log_schema();
const BlockSchema<BounceConfig>& bounce_schema();

}  // namespace posthaste
