#include "identity/dkim/selector_rotation.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "identity/dkim/dkim_canonical.h"

namespace posthaste {
namespace {

// "mail" is the first of its row, "mail2" the second.
struct Place {
  std::string row;
  std::uint64_t number = 1;
};

Place place_of(std::string_view selector) {
  std::size_t digits = selector.size();
  while (digits > 0 && selector[digits - 1] >= '0' && selector[digits - 1] <= '9') --digits;
  Place place{ascii_lower(selector.substr(0, digits)), 1};
  const char* end = selector.data() + selector.size();
  const auto [at, ec] = std::from_chars(selector.data() + digits, end, place.number);
  // A name of digits only, or with more of them than a number has, begins a row of its own.
  if (digits == 0 || (ec != std::errc() && digits < selector.size())) {
    return {ascii_lower(selector) + "-", 1};
  }
  return place;
}

}  // namespace

std::string next_selector(const std::string& selector, const std::vector<std::string>& in_use) {
  const Place wanted = place_of(selector);
  std::optional<std::uint64_t> last;
  for (const std::string& used : in_use) {
    const Place place = place_of(used);
    if (place.row == wanted.row) last = std::max(last.value_or(0), place.number);
  }
  if (!last) return selector;
  return wanted.row + std::to_string(*last + 1);
}

}  // namespace posthaste
