#pragma once

#include <boost/system/error_code.hpp>
#include <string>

#include "base/result.h"

namespace posthaste {

enum class ReputationErrc {
  bad_credentials = 1,  // a file or an answer of the token server that gives no access
  refused,              // HTTP said no
  not_found,            // HTTP 404: the registration has lapsed, or the link has expired
  bad_answer,           // it is not what it should be
};

boost::system::error_code make_error_code(ReputationErrc code);

inline Error reputation_error(ReputationErrc code, std::string detail) {
  return {make_error_code(code), std::move(detail)};
}

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::ReputationErrc> : std::true_type {};
