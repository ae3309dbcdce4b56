#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/spf/spf_macro.h"

namespace posthaste {

enum class SpfMechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

struct SpfDirective {
  char qualifier = '+';
  SpfMechanism mechanism = SpfMechanism::all;
  std::optional<SpfMacroString> domain;  // none: the domain whose record it is
  boost::asio::ip::address network;      // of ip4 and ip6
  unsigned ip4_prefix = 32;
  unsigned ip6_prefix = 128;
  std::string text;  // as it stands in the record
};

// An SPF record (RFC 7208 §4.6.1). Terms that are malformed are left out and named in `problems`:
// a record with problems makes every check a permerror (RFC 7208 §4.6).
struct SpfRecord {
  std::vector<SpfDirective> directives;
  std::optional<SpfMacroString> redirect;
  std::optional<SpfMacroString> explanation;  // exp=
  std::vector<std::string> problems;          // "what is wrong: what to do"

  bool has_all() const;
};

// True when `text` is an SPF record of version 1 (RFC 7208 §4.5), well-formed or not.
bool is_spf_record(std::string_view text);

// Requires: is_spf_record(text).
SpfRecord parse_spf_record(std::string_view text);

// Whether one of `address`'s kind lies in the network; IPv4 and IPv6 never match each other.
bool is_in_network(const boost::asio::ip::address& address, const boost::asio::ip::address& network,
                   unsigned prefix);
// The network's first address: "192.0.2.0" of 192.0.2.9 and 24.
boost::asio::ip::address network_of(const boost::asio::ip::address& address, unsigned prefix);

}  // namespace posthaste
