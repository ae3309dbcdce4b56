#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "base/result.h"

namespace posthaste {

// All of standard input, or its first `most` octets.
std::string read_standard_input(std::size_t most = std::numeric_limits<std::size_t>::max());

// What a verb was given as FILE: "-" is standard input. Errors: as read_text_file().
Result<std::string> read_input(const std::string& file,
                               std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace posthaste
