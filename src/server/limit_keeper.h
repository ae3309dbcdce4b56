#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "base/result.h"
#include "shape/governor.h"
#include "spool/spool.h"

namespace posthaste {

// Gives the governor what it kept of the run before, and a place in the spool's state (shape/) for
// what the next one needs. What it is told to do when that is written runs on `queue_loop`, the
// governor's. Requires: spool and loop outlive the governor's use of them. Errors: of the spool.
Result<void> keep_limits(Governor& governor, Spool& spool, boost::asio::any_io_executor queue_loop);

}  // namespace posthaste
