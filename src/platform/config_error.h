#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace posthaste {

// Where something stands in the configuration. Line 0: nowhere, a default.
struct ConfigLocation {
  std::string file;
  std::uint32_t line = 0;

  bool is_default() const { return line == 0; }
  // "FILE:LINE", or "default".
  std::string to_string() const;
  auto operator<=>(const ConfigLocation&) const = default;
};

// One thing that is wrong with the configuration.
struct ConfigError {
  ConfigLocation where;
  std::string what;

  // "FILE:LINE: what is wrong".
  std::string to_string() const;
  auto operator<=>(const ConfigError&) const = default;
};

// What a check of a whole block found: the key it is about ("" for the block itself), and why.
struct ConfigProblem {
  std::string key;
  std::string what;
};

enum class ConfigErrc : std::uint8_t {
  ok = 0,
  bad_value = 1,  // the text is no value of the key's type
};

boost::system::error_code make_error_code(ConfigErrc code);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::ConfigErrc> : std::true_type {};
