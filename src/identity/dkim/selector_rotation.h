#pragma once

#include <string>
#include <vector>

namespace posthaste {

// The selector that follows those in use when keys are changed: "mail", "mail2", "mail3".
// `selector` is any of the row; itself when none of the row is in use.
std::string next_selector(const std::string& selector, const std::vector<std::string>& in_use);

}  // namespace posthaste
