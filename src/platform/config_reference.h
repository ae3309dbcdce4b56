#pragma once

#include <string>
#include <vector>

#include "platform/config_schema.h"

namespace posthaste {

// The reference of the configuration, in Markdown: a section for each block, with a table of its
// keys. `posthaste check --reference` prints it and docs/reference/configuration.md is that text.
std::string config_reference(const std::vector<const AnyBlockSchema*>& schemas);

}  // namespace posthaste
