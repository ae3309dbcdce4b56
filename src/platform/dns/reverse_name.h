#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>

namespace posthaste {

// An address as DNS has it in names, its end first: "1.2.0.192"; of IPv6 all 32 nibbles.
std::string reversed_labels(const boost::asio::ip::address& address);

// The name at which its PTR records stand (RFC 1035 §3.5, RFC 3596 §2.5): "1.2.0.192.in-addr.arpa".
std::string reverse_name(const boost::asio::ip::address& address);
// The same; "" for what is no address.
std::string reverse_name(std::string_view address);

}  // namespace posthaste
