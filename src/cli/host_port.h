#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/io/stream.h"

namespace posthaste {

// "HOST:PORT", as options take it: "127.0.0.1:25", "[::1]:25", "mx.example.com:25". A name is
// looked up at once, the usual way of the system; this blocks.
Result<Endpoint> parse_host_port(std::string_view text);

// "HOST:PORT"; an IPv6 address in brackets.
std::string to_host_port(const Endpoint& endpoint);

}  // namespace posthaste
