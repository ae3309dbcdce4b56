#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

struct MimeParameter {
  std::string name;   // lower case, without "*" and the number of a piece
  std::string value;  // UTF-8
};

// The value of a Content-Type or Content-Disposition field (RFC 2045 §5.1, RFC 2183), read
// tolerantly: a value in other words is still a value.
struct MimeValue {
  std::string type;  // "text/plain", "attachment": lower case, without parameters
  std::vector<MimeParameter> parameters;

  static MimeValue parse(std::string_view field);
  // The first parameter of this name (lower case); "" when there is none.
  std::string_view parameter(std::string_view name) const;
};

}  // namespace posthaste
