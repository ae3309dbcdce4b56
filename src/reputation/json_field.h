#pragma once

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/json_text.h"

namespace posthaste {

// A member of an object that somebody else wrote; what is missing or of another kind is as if it
// were not there.
inline std::string text_field(const nlohmann::json& object, const char* name,
                              std::string otherwise = {}) {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return otherwise;
  return found->get<std::string>();
}

// A number, or one written as text, as Protocol Buffers write 64 bits in JSON.
inline std::optional<std::int64_t> number_field(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end()) return std::nullopt;
  if (!found->is_string()) return whole_number(*found);
  const auto& text = found->get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// An array; empty when there is none.
inline const nlohmann::json& list_field(const nlohmann::json& object, const char* name) {
  static const nlohmann::json kNone = nlohmann::json::array();
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() || !found->is_array() ? kNone : *found;
}

inline const nlohmann::json& object_field(const nlohmann::json& object, const char* name) {
  static const nlohmann::json kNone = nlohmann::json::object();
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() || !found->is_object() ? kNone : *found;
}

}  // namespace posthaste
