#include "cli/host_port.h"

#include <netdb.h>

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdint>
#include <memory>

namespace posthaste {

namespace {

Error bad_address(std::string_view text, std::string_view why) {
  return Error{make_error_code(boost::system::errc::invalid_argument),
               "\"" + std::string(text) + "\" " + std::string(why)};
}

Result<std::string> look_up(const std::string& host) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failure != 0) return bad_address(host, "is no known host: give an address or another name");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  char text[NI_MAXHOST] = {};
  // An IPv4 address where there is one: a server on loopback often has no other.
  const addrinfo* chosen = found;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      chosen = each;
      break;
    }
  }
  if (::getnameinfo(chosen->ai_addr, chosen->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) != 0) {
    return bad_address(host, "has no usable address: give an address");
  }
  return std::string(text);
}

}  // namespace

Result<Endpoint> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return bad_address(text, "has no port: write HOST:PORT");
  }
  std::string host(text.substr(0, colon));
  const std::string_view port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, ec] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (ec != std::errc() || end != port_text.data() + port_text.size()) {
    return bad_address(text, "has no port from 0 to 65535: write HOST:PORT");
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.empty() || host.find(':') != std::string::npos) {
    return bad_address(text, "is no HOST:PORT: write 127.0.0.1:25, [::1]:25 or a name and port");
  }
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(host, not_an_address);
  if (!not_an_address) return Endpoint{address.to_string(), port};
  Result<std::string> found = look_up(host);
  if (!found) return found.error();
  return Endpoint{*found, port};
}

std::string to_host_port(const Endpoint& endpoint) {
  const bool is_v6 = endpoint.address.find(':') != std::string::npos;
  return (is_v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" +
         std::to_string(endpoint.port);
}

}  // namespace posthaste
