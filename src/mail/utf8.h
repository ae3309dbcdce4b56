#pragma once

#include <string_view>

namespace posthaste {

// Strict: no overlong forms, no surrogates (RFC 3629 §3).
bool is_utf8(std::string_view text);

}  // namespace posthaste
