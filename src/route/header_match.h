#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace posthaste {

// "X-Priority: high": a header field and what is to be found in its value, an RE2 pattern without
// case. An empty pattern asks only that the field is there. Immutable.
class HeaderMatch {
 public:
  static Result<HeaderMatch> compile(const std::string& text);
  HeaderMatch(HeaderMatch&&) noexcept;
  HeaderMatch& operator=(HeaderMatch&&) noexcept;
  ~HeaderMatch();

  const std::string& field() const { return field_; }
  bool matches(std::string_view value) const;

 private:
  HeaderMatch(std::string field, std::unique_ptr<re2::RE2> pattern);

  std::string field_;
  std::unique_ptr<re2::RE2> pattern_;
};

}  // namespace posthaste
