#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace posthaste {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

enum class LineStyle { plain, title, heading, selected, held, warning, faint };
struct ScreenLine {
  std::string text;
  LineStyle style = LineStyle::plain;
  auto operator<=>(const ScreenLine&) const = default;
};

enum class KeyName { character, up, down, page_up, page_down, home, end };
struct Key {
  KeyName name = KeyName::character;
  char character = 0;
  auto operator<=>(const Key&) const = default;
};

// The keys in what a terminal sent; takes them out of `input`, and leaves the beginning of a key
// whose rest is still to come. Escape sequences that are no such key are dropped.
std::vector<Key> take_keys(std::string& input);

}  // namespace posthaste
