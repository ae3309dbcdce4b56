#pragma once

#include <string_view>
#include <vector>

#include "route/provider_config.h"

namespace posthaste {

// conf/providers.conf, as it was when the program was built.
std::string_view shipped_providers_text();

// The same, read. It is part of the program, and a test holds it to be right.
const std::vector<ProviderConfig>& shipped_providers();

}  // namespace posthaste
