#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/units.h"
#include "mail/address.h"
#include "platform/config.h"
#include "platform/log.h"

namespace posthaste {

template <>
struct ConfigNames<LogLevel> {
  static constexpr std::array names{
      std::pair{"debug", LogLevel::debug}, std::pair{"info", LogLevel::info},
      std::pair{"warning", LogLevel::warning}, std::pair{"error", LogLevel::error}};
};

// The server block.
struct ServerBlock {
  std::optional<Domain> hostname;  // not set: the machine's own name
  std::filesystem::path data_dir = "/var/lib/posthaste";
  std::uint32_t threads = 0;  // 0: one per core
  std::string user;           // "": the one that started it
  LogLevel log_level = LogLevel::info;

  // The name given, else the machine's, else "localhost".
  Domain effective_hostname() const;
};

// The http block: what all listeners of protocol http share.
struct HttpConfig {
  Bytes max_request_size{64'000'000};
  Duration request_timeout = std::chrono::seconds(30);
  Duration idle_timeout = std::chrono::seconds(60);
};

// An api_key block. One of `key` and `key_file` is set.
struct ApiKeyConfig {
  std::string name;
  std::string key;
  std::filesystem::path key_file;

  // The key, or the first line of its file. Errors: unreadable, too short.
  Result<std::string> read() const;
};

const BlockSchema<ServerBlock>& server_schema();
const BlockSchema<HttpConfig>& http_schema();
const BlockSchema<ApiKeyConfig>& api_key_schema();

}  // namespace posthaste
