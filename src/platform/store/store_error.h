#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

enum class StoreErrc {
  open_failed = 1,
  read_failed,
  write_failed,
};

boost::system::error_code make_error_code(StoreErrc code);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::StoreErrc> : std::true_type {};
