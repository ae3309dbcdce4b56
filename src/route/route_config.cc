#include "route/route_config.h"

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "mail/address.h"
#include "route/route_error.h"

namespace posthaste {
namespace {

struct HostAndPort {
  std::string_view host;
  std::string_view port;  // with its colon; "" when there is none
  bool is_bracketed = false;
};

std::optional<HostAndPort> split(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    return HostAndPort{text.substr(1, close - 1), text.substr(close + 1), true};
  }
  const std::size_t colon = text.find(':');
  const bool is_bare_ipv6 = colon != text.rfind(':');
  if (colon == std::string_view::npos || is_bare_ipv6) return HostAndPort{text, {}};
  return HostAndPort{text.substr(0, colon), text.substr(colon)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty()) return std::uint16_t{0};
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, port);
  if (text[0] != ':' || error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

std::string_view without_ipv6_tag(std::string_view host) {
  constexpr std::string_view kTag = "IPv6:";  // RFC 5321 §4.1.3
  return host.starts_with(kTag) ? host.substr(kTag.size()) : host;
}

std::vector<ConfigProblem> check_route(const RouteConfig& route) {
  std::vector<ConfigProblem> problems;
  if (route.to.empty()) {
    problems.push_back({"to", "a route needs a target: write to = \"relay.example:587\""});
  }
  for (const RouteTarget& target : route.to) {
    if (route.mx && target.is_address) {
      problems.push_back({"mx", fmt::format("the target {} is an address and has no MX: name a "
                                            "domain or set mx = false",
                                            target.to_string())});
    }
  }
  if (route.user.empty() != route.password_file.empty()) {
    problems.push_back({route.user.empty() ? "password_file" : "user",
                        "user and password_file belong together: set both or none"});
  }
  if (!route.user.empty() && route.tls != RouteTls::required && route.tls != RouteTls::implicit) {
    problems.push_back({"tls",
                        "a password must not be sent in the clear: set tls = \"required\" "
                        "or \"implicit\""});
  }
  return problems;
}

BlockSchema<RouteConfig> make_schema() {
  return BlockSchema<RouteConfig>("route", BlockKind::titled,
                                  "Where mail for the recipient domains of the title goes instead "
                                  "of their MX: \"*\", \"*.example\" or \"example.com\"; the "
                                  "most specific route is taken.")
      .title(&RouteConfig::pattern)
      .location(&RouteConfig::where)
      .key("to", &RouteConfig::to,
           "Targets in the order to try: \"[192.0.2.1]:2525\" or \"relay.example:587\"; without "
           "port, that of delivery.",
           {.required = true})
      .key("mx", &RouteConfig::mx, "Deliver to the MX hosts of the targets.")
      .key("tls", &RouteConfig::tls, "Encryption towards the targets.")
      .key("user", &RouteConfig::user, "User name to authenticate with.")
      .key("password_file", &RouteConfig::password_file, "File that holds the password.")
      .validate(check_route);
}

}  // namespace

const BlockSchema<RouteConfig>& route_schema() {
  static const BlockSchema<RouteConfig> schema = make_schema();
  return schema;
}

Result<RouteTarget> RouteTarget::parse(std::string_view text) {
  const Error bad{RouteErrc::bad_target,
                  fmt::format("\"{}\" is not a target: write \"[192.0.2.1]:2525\" or "
                              "\"relay.example:587\"",
                              text)};
  const std::optional<HostAndPort> parts = split(text);
  if (!parts) return bad;
  const std::optional<std::uint16_t> port = parse_port(parts->port);
  if (!port) return bad;

  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(
      std::string(parts->is_bracketed ? without_ipv6_tag(parts->host) : parts->host), no_address);
  RouteTarget target{.is_address = !no_address, .port = *port};
  if (target.is_address) {
    target.host = address.to_string();
    return target;
  }
  const Result<Domain> name = Domain::parse(parts->host);
  if (parts->is_bracketed || !name || name->is_literal()) return bad;
  target.host = name->ascii();
  return target;
}

std::string RouteTarget::to_string() const {
  std::string text = is_address ? "[" + host + "]" : host;
  if (port != 0) text += ":" + std::to_string(port);
  return text;
}

Result<RoutePattern> RoutePattern::parse(std::string_view text) {
  if (text == "*") return RoutePattern{std::string(text)};
  const bool is_wide = text.starts_with("*.");
  const Result<Domain> domain = Domain::parse(is_wide ? text.substr(2) : text);
  if (!domain || (is_wide && domain->is_literal())) {
    return {RouteErrc::bad_rule,
            fmt::format("\"{}\" is no pattern of domains: write \"*\", \"*.example\" or "
                        "\"example.com\"",
                        text)};
  }
  return RoutePattern{(is_wide ? "*." : "") + domain->ascii()};
}

std::size_t pattern_fit(std::string_view pattern, std::string_view domain) {
  if (pattern == domain) return std::string_view::npos;
  if (pattern == "*") return 1;
  if (!pattern.starts_with("*.")) return 0;
  const std::string_view suffix = pattern.substr(1);
  return domain.size() > suffix.size() && domain.ends_with(suffix) ? pattern.size() : 0;
}

std::shared_ptr<const RouteConfig> choose_route(
    const std::vector<std::shared_ptr<const RouteConfig>>& routes, std::string_view domain) {
  std::shared_ptr<const RouteConfig> best;
  std::size_t best_fit = 0;
  for (const auto& route : routes) {
    const std::size_t fits = pattern_fit(route->pattern.text, domain);
    if (fits > best_fit) {
      best = route;
      best_fit = fits;
    }
  }
  return best;
}

}  // namespace posthaste
