#pragma once

#include <string>
#include <string_view>

#include "cli/verb.h"

namespace posthaste {

// Writes the whole text to standard output; says for `verb` when that cannot be done.
ExitCode print_output(const std::string& verb, std::string_view text);

// Header fields with the line ends of the message that they will stand before.
std::string with_line_ends_of(const std::string& message, std::string fields);

}  // namespace posthaste
