#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>

#include "base/result.h"

namespace posthaste {

// All of a file, or its first `most` octets. Errors: it cannot be read, or is a folder, as
// "PATH: No such file or directory: check the name and its permissions".
Result<std::string> read_text_file(const std::filesystem::path& path,
                                   std::size_t most = std::numeric_limits<std::size_t>::max());

// The first line, where a file holds a key or a password; without the CR of a file that was written
// on Windows. "" of an empty file. Errors: as above.
Result<std::string> read_first_line(const std::filesystem::path& path);

}  // namespace posthaste
