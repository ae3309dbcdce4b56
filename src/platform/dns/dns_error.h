#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

enum class DnsErrc {
  bad_record = 1,
  bad_configuration,
  bad_answers_file,
  library_failed,
};

boost::system::error_code make_error_code(DnsErrc code);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::DnsErrc> : std::true_type {};
