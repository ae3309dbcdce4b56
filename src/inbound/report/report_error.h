#pragma once

#include <boost/system/error_code.hpp>

namespace posthaste {

enum class ReportErrc {
  no_report = 1,  // nothing in it is a report
  bad_archive,    // truncated, damaged, encrypted, or not what its label says
  too_large,      // more than the limits allow; also what would unpack to more
  bad_report,     // the archive is sound, what is in it cannot be read
  store_failed,   // the database of reports
};

boost::system::error_code make_error_code(ReportErrc code);

}  // namespace posthaste

template <>
struct boost::system::is_error_code_enum<posthaste::ReportErrc> : std::true_type {};
