#include "base/printable.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"
#include "base/utf8.h"

namespace posthaste {
namespace {

// Octets of the character that begins there; 0: it is none, or one that a terminal would obey.
std::size_t printable_size(std::string_view text) {
  if (is_control(text.front())) return 0;
  // U+0080 to U+009F are controls, too.
  const bool is_c1 =
      text.starts_with('\xc2') && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xa0;
  return is_c1 ? 0 : utf8_size(text);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = printable_size(text);
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
