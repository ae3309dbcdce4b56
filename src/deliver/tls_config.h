#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"
#include "platform/config.h"
#include "route/route_config.h"
#include "route/tls_terms.h"

namespace posthaste {

// The tls block: TLS towards other servers.
struct TlsConfig {
  std::filesystem::path ca_file;  // "": the system's authorities
  bool dane = true;
  bool mta_sts = true;
  std::uint16_t mta_sts_port = 443;
  bool resumption = true;
  Duration broken_memory = std::chrono::hours(72);
  bool reports = true;  // sent only where report_contact is set
  std::string report_contact;
  std::string report_organization;  // "": the server's hostname
};

// A tls_policy block: what the operator demands for a recipient domain.
struct TlsPolicyConfig {
  RoutePattern pattern;
  TlsMode mode = TlsMode::automatic;
  std::vector<std::string> names;
};

const BlockSchema<TlsConfig>& tls_schema();
const BlockSchema<TlsPolicyConfig>& tls_policy_schema();

// The most specific block for a domain, as choose_route() chooses; null when there is none.
const TlsPolicyConfig* choose_tls_policy(const std::vector<TlsPolicyConfig>& policies,
                                         std::string_view domain);

// What tells the sites of these terms from those of others, and is "" for the ordinary ones; equal
// terms have equal suffixes.
std::string tls_site_suffix(const TlsTerms& terms);

template <>
struct ConfigNames<TlsMode> {
  static constexpr std::array names{std::pair{"auto", TlsMode::automatic},
                                    std::pair{"off", TlsMode::off},
                                    std::pair{"opportunistic", TlsMode::opportunistic},
                                    std::pair{"required", TlsMode::required},
                                    std::pair{"verified", TlsMode::verified},
                                    std::pair{"dane", TlsMode::dane}};
};

}  // namespace posthaste
