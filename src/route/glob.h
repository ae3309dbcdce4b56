#pragma once

#include <string>
#include <string_view>

namespace posthaste {

// A pattern in which "*" stands for any text, compared without case (ASCII).
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  bool matches(std::string_view text) const;

 private:
  std::string pattern_;  // lower case
};

}  // namespace posthaste
