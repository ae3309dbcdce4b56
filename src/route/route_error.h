#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

enum class RouteErrc {
  bad_target = 1,
  bad_rule,
  bad_suppression,
};

boost::system::error_code make_error_code(RouteErrc code);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::RouteErrc> : std::true_type {};
