#pragma once

#include <vector>

#include "server/server_config.h"

namespace posthaste {

// What is wrong with the files that a configuration names: certificates, private keys, passwords
// and API keys that are missing, unreadable or unusable. Reads them; changes nothing.
std::vector<ConfigError> check_config_files(const ServerConfig& config);

}  // namespace posthaste
