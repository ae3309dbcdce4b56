#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// A set of IP networks: "127.0.0.0/8", "2001:db8::/32", or a single address. An IPv4 address that
// comes mapped into IPv6 ("::ffff:192.0.2.1") counts as the IPv4 address it is.
class NetworkList {
 public:
  static Result<NetworkList> parse(const std::vector<std::string>& networks);

  // Holds no address.
  NetworkList() = default;

  // False for what is no address at all.
  bool contains(std::string_view address) const;
  bool empty() const { return networks_.empty(); }

 private:
  using Octets = std::array<std::uint8_t, 16>;
  struct Network {
    Octets octets{};
    unsigned prefix = 0;  // in bits, of 32 or of 128
    bool is_v4 = false;
  };

  static Result<Network> parse_one(const std::string& text);

  std::vector<Network> networks_;
};

// True for 127.0.0.0/8 and ::1.
bool is_loopback_address(std::string_view address);

}  // namespace posthaste
