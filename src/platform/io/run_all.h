#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

namespace posthaste {

// Runs all at one time, on the caller's executor; returns when the last has ended. When the caller
// is cancelled, so are they, and it is unwound when they have ended: they may use what is its own.
boost::asio::awaitable<void> run_all(std::vector<boost::asio::awaitable<void>> tasks);

}  // namespace posthaste
