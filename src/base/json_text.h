#pragma once

#include <string>

namespace posthaste {

// `json` of nlohmann's library as text, on one line, or with `indent` spaces a level; without a
// line end behind. What others wrote may be no UTF-8: U+FFFD stands for that.
template <class Json>
std::string dump_json(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace posthaste
