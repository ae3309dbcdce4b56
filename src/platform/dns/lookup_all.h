#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "platform/dns/resolver.h"

namespace posthaste {

// Asks all questions at one time; the answers stand in the order of the questions. When the caller
// is cancelled, so are they.
boost::asio::awaitable<std::vector<DnsResult>> lookup_all(Resolver& resolver,
                                                          std::vector<DnsQuestion> questions);

}  // namespace posthaste
