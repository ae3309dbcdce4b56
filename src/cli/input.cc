#include "cli/input.h"

#include <algorithm>
#include <array>
#include <iostream>

#include "base/text_file.h"

namespace posthaste {

std::string read_standard_input(std::size_t most) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() < most && std::cin) {
    const std::size_t wanted = std::min(buffer.size(), most - text.size());
    std::cin.read(buffer.data(), static_cast<std::streamsize>(wanted));
    text.append(buffer.data(), static_cast<std::size_t>(std::cin.gcount()));
  }
  return text;
}

Result<std::string> read_input(const std::string& file, std::size_t most) {
  if (file == "-") return read_standard_input(most);
  return read_text_file(file, most);
}

}  // namespace posthaste
