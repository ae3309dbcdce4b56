#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "identity/doctor/examination.h"

namespace posthaste {

// "bimi": the logo's record of a domain whose DMARC policy is, or is not, enforced.
boost::asio::awaitable<void> check_bimi(Examination& exam, std::string domain, bool is_enforced);

// "v=BIMI1; l=…; a=…": where the files of a domain would usually lie.
std::string bimi_record(const std::string& domain);

}  // namespace posthaste
