// Replies are the same, however the octets are split on their way.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mail/reply.h"

namespace {

// The replies in `input`, read in pieces of `step`; "error" ends them.
std::vector<std::string> read_all(std::string_view input, std::size_t step) {
  posthaste::ReplyParser parser;
  std::vector<std::string> replies;
  while (!input.empty()) {
    std::string_view piece = input.substr(0, step);
    input.remove_prefix(piece.size());
    while (!piece.empty()) {
      const auto reply = parser.parse(piece);
      if (!reply) {
        replies.push_back("error");
        return replies;
      }
      if (*reply) replies.push_back((*reply)->text());
    }
  }
  return replies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  if (read_all(input, input.size() + 1) != read_all(input, data[0] % 16 + 1)) std::abort();
  return 0;
}
