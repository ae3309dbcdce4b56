#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

// What can go wrong with the operator's own keys and settings. What a message or a DNS record
// gets wrong is a verdict, never an error.
enum class DkimError {
  bad_settings = 1,
  unreadable_key,
  unsuitable_key,
  crypto_failed,
};

boost::system::error_code make_error_code(DkimError error);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::DkimError> : std::true_type {};
