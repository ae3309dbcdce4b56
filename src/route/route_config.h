#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/config_schema.h"

namespace posthaste {

// How a route speaks TLS with its targets.
enum class RouteTls : std::uint8_t { off, opportunistic, required, implicit };

// Where a route sends: a name to look up, or an address.
struct RouteTarget {
  std::string host;  // "relay.example" in A-labels, "192.0.2.1", "2001:db8::1"
  bool is_address = false;
  std::uint16_t port = 0;  // 0: the port of delivery

  // "[192.0.2.1]:2525", "192.0.2.1:25", "[2001:db8::1]", "2001:db8::1", "[IPv6:2001:db8::1]:25",
  // "relay.example:587", "relay.example".
  static Result<RouteTarget> parse(std::string_view text);
  // The form with brackets around an address; parse reads it back.
  std::string to_string() const;
  static std::string config_type_name() { return "host or [address], with :port"; }

  auto operator<=>(const RouteTarget&) const = default;
};

// Which recipient domains a route is for: "*", "*.example" (not "example" itself) or "example.com",
// lower case, in A-labels.
struct RoutePattern {
  std::string text;

  static Result<RoutePattern> parse(std::string_view text);
  const std::string& to_string() const { return text; }
  static std::string config_type_name() { return "domain, *.domain or *"; }

  auto operator<=>(const RoutePattern&) const = default;
};

// One route block: where mail for the domains of `pattern` goes instead of their MX.
struct RouteConfig {
  RoutePattern pattern;
  std::vector<RouteTarget> to;  // in the order to try
  bool mx = false;              // look up the MX of each target name
  RouteTls tls = RouteTls::opportunistic;
  std::string user;  // "": no authentication
  std::string password_file;
  ConfigLocation where;
};

const BlockSchema<RouteConfig>& route_schema();

enum class IpVersions : std::uint8_t { ipv4, ipv6, ipv4_first, ipv6_first };

// What finding a destination needs to know beside DNS.
struct DestinationOptions {
  std::vector<std::shared_ptr<const RouteConfig>> routes;
  std::uint16_t port = 25;  // delivery { port }
  IpVersions ip_versions = IpVersions::ipv6_first;
  // Every name of ours that an MX record may hold (RFC 5321 §5.1); any case.
  std::vector<std::string> own_names;
};

// How closely the text of a RoutePattern names the domain; 0: not at all.
std::size_t pattern_fit(std::string_view pattern, std::string_view domain);

// The most specific route for a domain (in A-labels): its own name, then the longest "*." pattern,
// then "*". Null when there is none.
std::shared_ptr<const RouteConfig> choose_route(
    const std::vector<std::shared_ptr<const RouteConfig>>& routes, std::string_view domain);

template <>
struct ConfigNames<RouteTls> {
  static constexpr std::array names{
      std::pair{"off", RouteTls::off}, std::pair{"opportunistic", RouteTls::opportunistic},
      std::pair{"required", RouteTls::required}, std::pair{"implicit", RouteTls::implicit}};
};

template <>
struct ConfigNames<IpVersions> {
  static constexpr std::array names{std::pair{"ipv4", IpVersions::ipv4},
                                    std::pair{"ipv6", IpVersions::ipv6},
                                    std::pair{"ipv4_first", IpVersions::ipv4_first},
                                    std::pair{"ipv6_first", IpVersions::ipv6_first}};
};

}  // namespace posthaste
