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

Result<Network> Network::parse(std::string_view text) {
  const Error wrong{AcceptError::bad_network,
                    "\"" + std::string(text) +
                        "\" is no network: write an address or an address with a prefix length, "
                        "as in \"10.0.0.0/8\" \"2001:db8::/32\" \"::1\""};
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return wrong;
  Network network;
  network.text_ = text;
  network.octets_ = octets_of(*address);
  network.is_v4_ = address->is_v4();
  const unsigned widest = network.is_v4_ ? 32 : 128;
  network.prefix_ = widest;
  if (slash != std::string_view::npos) {
    const char* last = text.data() + text.size();
    const auto [end, ec] = std::from_chars(text.data() + slash + 1, last, network.prefix_);
    if (ec != std::errc() || end != last || network.prefix_ > widest) return wrong;
  }
  return network;
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  const Error wrong{AcceptError::bad_network,
                    "\"" + std::string(text) +
                        "\" is no address to listen on: write an IP address and a port, as in "
                        "\"127.0.0.1:2525\" \"[::1]:25\""};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong;
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code ec;
  const ip::address address = ip::make_address(host, ec);
  if (ec || address.is_v6() != is_bracketed) return wrong;
  SocketAddress parsed;
  parsed.address_ = address.to_string();
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, parsed.port_);
  if (error != std::errc() || end != last) return wrong;
  return parsed;
}

std::string SocketAddress::to_string() const {
  const bool is_v6 = address_.find(':') != std::string::npos;
  return (is_v6 ? "[" + address_ + "]" : address_) + ":" + std::to_string(port_);
}

bool NetworkList::contains(std::string_view address) const {
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  const auto octets = octets_of(*parsed);
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return network.is_v4_ == parsed->is_v4() &&
           share_prefix(network.octets_, octets, network.prefix_);
  });
}

std::vector<Network> loopback_networks() {
  return {*Network::parse("127.0.0.0/8"), *Network::parse("::1")};
}

bool is_loopback_address(std::string_view address) {
  const auto parsed = parse_address(address);
  return parsed && parsed->is_loopback();
}

}  // namespace posthaste
