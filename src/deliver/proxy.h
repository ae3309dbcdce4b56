#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "deliver/connection.h"
#include "platform/io/tcp_stream.h"
#include "route/source_config.h"

namespace posthaste {

// The header of the PROXY protocol, version 2, that asks a proxy to connect from one address to
// another. Requires: both are of one family.
std::string write_proxy_header(const Endpoint& from, const Endpoint& to);

// A connection through a proxy: it goes out from the proxy's machine, with HAProxy from
// options.from_address. The error says whether the proxy or the peer behind it is the trouble.
boost::asio::awaitable<Result<std::unique_ptr<Stream>>> connect_through(SourceProxy proxy,
                                                                        ConnectOptions options,
                                                                        ConnectionParts parts);

}  // namespace posthaste
