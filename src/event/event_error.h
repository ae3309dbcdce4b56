#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

enum class EventErrc { damaged_record = 1 };

boost::system::error_code make_error_code(EventErrc code);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::EventErrc> : std::true_type {};
