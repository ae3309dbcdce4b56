#include "platform/config_error.h"

#include <fmt/format.h>

namespace posthaste {
namespace {

class ConfigCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "posthaste.config"; }
  std::string message(int code) const override {
    switch (static_cast<ConfigErrc>(code)) {
      case ConfigErrc::ok:
        return "no error";
      case ConfigErrc::bad_value:
        return "not a value of this key: see the reference of the configuration";
    }
    return "unknown error of the configuration";
  }
};

}  // namespace

boost::system::error_code make_error_code(ConfigErrc code) {
  static const ConfigCategory category;
  return {static_cast<int>(code), category};
}

std::string ConfigLocation::to_string() const {
  return is_default() ? "default" : fmt::format("{}:{}", file, line);
}

std::string ConfigError::to_string() const {
  return where.is_default() ? what : fmt::format("{}: {}", where.to_string(), what);
}

}  // namespace posthaste
