#pragma once

#include <memory>
#include <string>
#include <vector>

#include "accept/reception.h"
#include "accept/session_settings.h"
#include "base/result.h"
#include "route/destination.h"
#include "route/return_paths.h"
#include "server/server_config.h"
#include "shape/shaping_rules.h"

namespace posthaste {

// What is made of the configuration and replaced by a reload.
struct Settings {
  std::shared_ptr<const QueueRules> rules;
  std::shared_ptr<const ShapingRules> shaping;
  DestinationOptions destinations;
  std::shared_ptr<const ReturnPaths> return_paths;  // null: no bounce domain
  std::vector<std::string> token_keys;              // none: no block makes tokens
  ServerIdentity identity;
  std::vector<std::shared_ptr<const SessionSettings>> sessions;
};

// All that a configuration says of pace. Errors: a pattern that cannot be compiled.
Result<std::shared_ptr<const ShapingRules>> make_shaping_rules(const ServerConfig& config);

// Errors: a file that a block names cannot be read, or holds the wrong thing.
Result<Settings> make_settings(const ServerConfig& config);

}  // namespace posthaste
