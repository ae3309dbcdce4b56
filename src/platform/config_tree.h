#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config_error.h"

namespace posthaste {

// The configuration as it is written, before types come into it: what the parser makes, and what
// the schemas read.

struct ConfigText {
  std::string text;
  ConfigLocation where;
};

// `key = value` or `key = {value, …}`.
struct ConfigAssignment {
  std::string key;
  ConfigLocation where;
  std::vector<ConfigText> values;
};

// `name "title" { … }`.
struct ConfigBlock {
  std::string name;
  std::string title;
  ConfigLocation where;
  std::vector<ConfigAssignment> assignments;
  std::vector<ConfigBlock> blocks;

  // Null when the key is not written.
  const ConfigAssignment* find(std::string_view key) const;
};

}  // namespace posthaste
