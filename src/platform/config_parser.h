#pragma once

#include <string>
#include <vector>

#include "platform/config_scanner.h"
#include "platform/config_schema.h"
#include "platform/config_tree.h"

namespace posthaste {

// Parses the tokens of one file, or of a part of it, with libConfuse and appends what stands there
// to `root`. Names that no schema knows go to `errors`, all of them; at a mistake of syntax it
// stops. Returns whether it came to the end.
//
// libConfuse has one scanner for the whole process, so calls from several threads take turns.
bool parse_config(std::vector<ConfigToken> tokens, const std::string& file,
                  const std::vector<const AnyBlockSchema*>& schemas, ConfigBlock& root,
                  std::vector<ConfigError>& errors);

}  // namespace posthaste
