#pragma once

#include <string>
#include <string_view>

namespace posthaste {

// RFC 4648 §4, on one line.
std::string encode_base64(std::string_view octets);

}  // namespace posthaste
