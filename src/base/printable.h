#pragma once

#include <string>
#include <string_view>

namespace posthaste {

// What others sent, without anything that a terminal would obey: control characters and octets that
// are no UTF-8 become "?", line ends and tabs spaces.
std::string printable(std::string_view text);

}  // namespace posthaste
