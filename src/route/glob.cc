#include "route/glob.h"

#include <boost/algorithm/string/case_conv.hpp>
#include <cstddef>
#include <locale>

#include "base/ascii.h"

namespace posthaste {
namespace {}  // namespace

Glob::Glob(std::string_view pattern)
    : pattern_(boost::to_lower_copy(std::string(pattern), std::locale::classic())) {}

bool Glob::matches(std::string_view text) const {
  // Only the last "*" ever has to take more: what stands before it has matched at its earliest.
  std::size_t at = 0;
  std::size_t in = 0;
  std::size_t star = std::string::npos;
  std::size_t star_in = 0;
  while (in < text.size()) {
    if (at < pattern_.size() && pattern_[at] == '*') {
      star = at++;
      star_in = in;
    } else if (at < pattern_.size() && pattern_[at] == to_lower(text[in])) {
      ++at;
      ++in;
    } else if (star != std::string::npos) {
      at = star + 1;
      in = ++star_in;
    } else {
      return false;
    }
  }
  while (at < pattern_.size() && pattern_[at] == '*') ++at;
  return at == pattern_.size();
}

}  // namespace posthaste
