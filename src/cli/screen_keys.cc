#include "cli/screen_keys.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace posthaste {
namespace {

constexpr char kEscape = '\x1b';

// What stands between "ESC [" or "ESC O" and the end of the sequence, its last octet included.
std::optional<KeyName> key_of(std::string_view sequence) {
  static constexpr std::array<std::pair<std::string_view, KeyName>, 10> kKeys{
      std::pair{"A", KeyName::up},       std::pair{"B", KeyName::down},
      std::pair{"5~", KeyName::page_up}, std::pair{"6~", KeyName::page_down},
      std::pair{"H", KeyName::home},     std::pair{"F", KeyName::end},
      std::pair{"1~", KeyName::home},    std::pair{"4~", KeyName::end},
      std::pair{"7~", KeyName::home},    std::pair{"8~", KeyName::end}};
  for (const auto& [text, key] : kKeys) {
    if (text == sequence) return key;
  }
  return std::nullopt;
}

// ECMA-48 §5.4: parameters and intermediates are 0x20 to 0x3f, the octet after them ends it.
std::size_t sequence_end(const std::string& input, std::size_t at) {
  while (at < input.size() && input[at] >= 0x20 && input[at] <= 0x3f) ++at;
  return at;
}

}  // namespace

std::vector<Key> take_keys(std::string& input) {
  std::vector<Key> keys;
  std::size_t at = 0;
  while (at < input.size()) {
    const char first = input[at];
    if (first != kEscape) {
      keys.push_back({KeyName::character, first});
      ++at;
      continue;
    }
    if (at + 1 == input.size()) break;
    if (input[at + 1] != '[' && input[at + 1] != 'O') {
      ++at;
      continue;
    }
    const std::size_t end = sequence_end(input, at + 2);
    if (end == input.size()) break;
    if (const auto key = key_of(std::string_view(input).substr(at + 2, end - at - 1))) {
      keys.push_back({*key});
    }
    at = end + 1;
  }
  input.erase(0, at);
  return keys;
}

}  // namespace posthaste
