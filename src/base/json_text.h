#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace posthaste {

// `json` of nlohmann's library as text, on one line, or with `indent` spaces a level; without a
// line end behind. What others wrote may be no UTF-8: U+FFFD stands for that.
template <class Json>
std::string dump_json(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// `json` of nlohmann's library when it is a whole number of these bounds. (The library's own get()
// casts a floating-point number, which is undefined when it does not fit.)
template <class Json>
std::optional<std::int64_t> whole_number(
    const Json& json, std::int64_t least = std::numeric_limits<std::int64_t>::min(),
    std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
  std::int64_t number = 0;
  if (json.is_number_unsigned()) {
    const auto known = json.template get<std::uint64_t>();
    if (known > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return std::nullopt;
    }
    number = static_cast<std::int64_t>(known);
  } else if (json.is_number_integer()) {
    number = json.template get<std::int64_t>();
  } else {
    return std::nullopt;
  }
  if (number < least || number > most) return std::nullopt;
  return number;
}

}  // namespace posthaste
