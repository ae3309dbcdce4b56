#include "base/printable.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace posthaste {
namespace {

// Octets of the code point that begins there; 0: it is none, or one that a terminal would obey.
std::size_t code_point_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return is_control(text.front()) ? 0 : 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  // U+0080 to U+009F: controls, too.
  if (first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) return 0;
  return size;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = code_point_size(text);
    const char first = text.front();
    if (size > 0) {
      clean += text.substr(0, size);
    } else {
      clean += is_white(first) ? ' ' : '?';
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return clean;
}

}  // namespace posthaste
