#include "platform/dns/reverse_name.h"

#include <fmt/format.h>

#include <iterator>

namespace posthaste {

namespace ip = boost::asio::ip;

std::string reversed_labels(const ip::address& address) {
  if (address.is_v4()) {
    const auto octets = address.to_v4().to_bytes();
    return fmt::format("{}.{}.{}.{}", octets[3], octets[2], octets[1], octets[0]);
  }
  std::string labels;
  const auto octets = address.to_v6().to_bytes();
  for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
    fmt::format_to(std::back_inserter(labels), "{}{:x}.{:x}", labels.empty() ? "" : ".",
                   *octet & 0xf, *octet >> 4);
  }
  return labels;
}

std::string reverse_name(const ip::address& address) {
  return reversed_labels(address) + (address.is_v4() ? ".in-addr.arpa" : ".ip6.arpa");
}

std::string reverse_name(std::string_view text) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  return error ? std::string() : reverse_name(address);
}

}  // namespace posthaste
