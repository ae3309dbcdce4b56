#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

// What can go wrong with the operator's settings of listeners and users, and with opening them.
// What a client gets wrong is a reply, never an error.
enum class AcceptError {
  bad_network = 1,
  bad_certificate,
  bad_credentials,
  cannot_listen,
  bad_proxy_header,
};

boost::system::error_code make_error_code(AcceptError error);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::AcceptError> : std::true_type {};
