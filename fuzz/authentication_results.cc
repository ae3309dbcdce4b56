// Authentication-Results: what can be read can be written, and then reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/authentication_results.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  const auto read =
      parse_authentication_results(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!read) return 0;
  const std::string text = to_field_value(*read);
  const auto again = parse_authentication_results(text);
  if (!again || again->results.size() != read->results.size()) std::abort();
  if (to_field_value(*again) != text) std::abort();
  return 0;
}
