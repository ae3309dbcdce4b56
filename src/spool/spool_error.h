#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

enum class SpoolErrc {
  damaged_record = 1,
  not_found,
  out_of_space,
  stopping,
};

boost::system::error_code make_error_code(SpoolErrc code);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::SpoolErrc> : std::true_type {};
