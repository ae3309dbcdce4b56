#pragma once

#include <string_view>

namespace posthaste {

// Whether a PTR name looks as if a provider had made it for a customer's line: it spells the
// address, or says "dynamic", "dhcp", "pool" and the like.
bool is_generic_name(std::string_view name, std::string_view address);

}  // namespace posthaste
