#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace posthaste {

// One IP network: "127.0.0.0/8", "2001:db8::/32", or a single address.
class Network {
 public:
  static Result<Network> parse(std::string_view text);
  const std::string& to_string() const { return text_; }
  static std::string config_type_name() { return "network"; }

  bool operator==(const Network&) const = default;

 private:
  friend class NetworkList;
  using Octets = std::array<std::uint8_t, 16>;

  std::string text_;
  Octets octets_{};
  unsigned prefix_ = 0;  // in bits, of 32 or of 128
  bool is_v4_ = false;
};

// A set of IP networks. An IPv4 address that comes mapped into IPv6 ("::ffff:192.0.2.1") counts
// as the IPv4 address it is.
class NetworkList {
 public:
  // Holds no address.
  NetworkList() = default;
  explicit NetworkList(std::vector<Network> networks) : networks_(std::move(networks)) {}

  // False for what is no address at all.
  bool contains(std::string_view address) const;
  bool empty() const { return networks_.empty(); }

 private:
  std::vector<Network> networks_;
};

// Where to listen: "127.0.0.1:2525", "[::1]:25", "0.0.0.0:0".
class SocketAddress {
 public:
  static Result<SocketAddress> parse(std::string_view text);
  std::string to_string() const;
  static std::string config_type_name() { return "address and port"; }

  const std::string& address() const { return address_; }
  unsigned short port() const { return port_; }

  bool operator==(const SocketAddress&) const = default;

 private:
  std::string address_;
  unsigned short port_ = 0;
};

// 127.0.0.0/8 and ::1.
std::vector<Network> loopback_networks();
// True for an address of these..0.0.0/8 and ::1.
bool is_loopback_address(std::string_view address);

}  // namespace posthaste
