#pragma once

#include <cstddef>
#include <string_view>

namespace posthaste {

// Octets of the character that the text begins with; 0: the text is empty, or begins with none.
// Strict: no overlong forms, no surrogates (RFC 3629 §3).
std::size_t utf8_size(std::string_view text);

// Whether it is of such characters alone.
bool is_utf8(std::string_view text);

}  // namespace posthaste
