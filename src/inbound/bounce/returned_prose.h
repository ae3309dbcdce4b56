#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

// What a mail system writes to people, parted from the message that it returns below.
struct Prose {
  std::string head;      // UTF-8, lines end in LF, at most kMaxProse octets
  std::string original;  // the returned message, or its header; "" when there is none
};
constexpr std::size_t kMaxProse = 64 * 1024;
Prose split_prose(std::string_view text);

// The words of an HTML text, a line for each block.
std::string text_of_html(std::string_view html);

// The lines of a text without their LF, at most 3,000.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace posthaste
