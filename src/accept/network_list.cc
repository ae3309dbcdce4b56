#include "accept/network_list.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

#include "accept/accept_error.h"

namespace posthaste {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> parse_address(std::string_view text) {
  boost::system::error_code ec;
  ip::address address = ip::make_address(text, ec);
  if (ec) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

std::array<std::uint8_t, 16> octets_of(const ip::address& address) {
  std::array<std::uint8_t, 16> octets{};
  if (address.is_v4()) {
    const auto v4 = address.to_v4().to_bytes();
    std::copy(v4.begin(), v4.end(), octets.begin());
  } else {
    octets = address.to_v6().to_bytes();
  }
  return octets;
}

bool share_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
                  unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (a[whole] & mask) == (b[whole] & mask);
}

}  // namespace

Result<NetworkList::Network> NetworkList::parse_one(const std::string& text) {
  const Error wrong{AcceptError::bad_network,
                    "\"" + text +
                        "\" is no network: write an address or an address with a prefix length, "
                        "as in \"10.0.0.0/8\" \"2001:db8::/32\" \"::1\""};
  const auto slash = text.find('/');
  const auto address = parse_address(std::string_view(text).substr(0, slash));
  if (!address) return wrong;
  Network network;
  network.octets = octets_of(*address);
  network.is_v4 = address->is_v4();
  const unsigned widest = network.is_v4 ? 32 : 128;
  network.prefix = widest;
  if (slash != std::string::npos) {
    const char* first = text.data() + slash + 1;
    const char* last = text.data() + text.size();
    const auto [end, ec] = std::from_chars(first, last, network.prefix);
    if (ec != std::errc() || end != last || network.prefix > widest) return wrong;
  }
  return network;
}

Result<NetworkList> NetworkList::parse(const std::vector<std::string>& networks) {
  NetworkList list;
  for (const std::string& text : networks) {
    const auto network = parse_one(text);
    if (!network) return network.error();
    list.networks_.push_back(*network);
  }
  return list;
}

bool NetworkList::contains(std::string_view address) const {
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  const Octets octets = octets_of(*parsed);
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return network.is_v4 == parsed->is_v4() && share_prefix(network.octets, octets, network.prefix);
  });
}

bool is_loopback_address(std::string_view address) {
  const auto parsed = parse_address(address);
  return parsed && parsed->is_loopback();
}

}  // namespace posthaste
