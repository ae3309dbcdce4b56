#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "platform/io/stream.h"

namespace posthaste {

// What a load balancer says of the connection it hands on (the PROXY protocol, versions 1 and 2).
struct ProxyHeader {
  // Absent when the balancer speaks for itself (LOCAL, UNKNOWN): its own address holds.
  std::optional<Endpoint> client;
  std::size_t length = 0;  // octets of the header; what follows is the client's
};

// Longest header that is taken: a version 2 header may carry further records, which are skipped.
inline constexpr std::size_t kMaxProxyHeader = 16 + 4096;

// Reads the header that `octets` begins with; nothing yet when more octets are needed.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view octets);

// What a connection through a balancer begins with.
struct ProxyPreamble {
  ProxyHeader header;
  std::size_t filled = 0;  // octets read into the buffer: the header's, then the client's
};

// Reads until the header is whole. Set a deadline before. Errors: the connection ended, it begins
// with no such header, or with one that does not fit into `buffer`.
boost::asio::awaitable<Result<ProxyPreamble>> read_proxy_header(Stream& stream,
                                                                boost::asio::mutable_buffer buffer);

}  // namespace posthaste
