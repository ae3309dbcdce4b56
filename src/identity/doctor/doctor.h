#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "identity/doctor/examination.h"

namespace posthaste {

// Looks at a sender as mailbox providers do, and tells what they would refuse, why, and the records
// that mend it.
//
//   const DoctorReport report = co_await examine(request, {.resolver = dns, .clock = clock});
//   std::string text = report_text(report, {});
//
// Asks one thing after the other, on the caller's loop, and tells world.observe of each.
boost::asio::awaitable<DoctorReport> examine(DoctorRequest request, DoctorWorld world);

}  // namespace posthaste
