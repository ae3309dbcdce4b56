#include "platform/dns/local_data.h"

#include <fmt/format.h>
#include <algorithm>
#include <optional>

#include "platform/dns/dns_error.h"
#include "platform/dns/dns_name.h"

namespace posthaste {
namespace {

constexpr std::string_view kReserved[] = {"test", "example", "invalid", "localhost"};

}  // namespace

Result<LocalData> LocalData::create(const DnsConfig& config) {
  LocalData local;
  for (const std::string& line : config.local_data) {
    if (const Result<void> added = local.data_.add(line); !added) {
      return {DnsErrc::bad_configuration,
              fmt::format("local_data \"{}\": {}", line, added.error().message())};
    }
  }
  for (const std::string& zone : config.local_zones) {
    std::optional<std::string> name = normalize_dns_name(zone);
    if (!name) {
      return {
          DnsErrc::bad_configuration,
          fmt::format("local_zones \"{}\" is not a domain name: write \"corp.example.\"", zone)};
    }
    local.zones_.push_back(std::move(*name));
  }
  const std::vector<std::string> owners = local.data_.owners();
  for (const std::string_view reserved : kReserved) {
    const auto is_here = [&](const std::string& owner) { return is_in_zone(owner, reserved); };
    if (config.servers.empty() || std::any_of(owners.begin(), owners.end(), is_here)) {
      local.zones_.emplace_back(reserved);
    }
  }
  return local;
}

bool LocalData::covers(std::string_view name) const {
  const auto holds = [&](const std::string& zone) { return is_in_zone(name, zone); };
  return std::any_of(zones_.begin(), zones_.end(), holds) || data_.has(name);
}

}  // namespace posthaste
