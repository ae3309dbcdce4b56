#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/units.h"
#include "platform/config_schema.h"

namespace posthaste {

// The dns block.
struct DnsConfig {
  std::vector<std::string> servers;  // "192.0.2.53", "[2001:db8::53]:5353"; none: full recursion
  // A file of DNSSEC trust anchors. "": the one of the system for full recursion, and none with
  // `servers`, whose answers are then taken as they are.
  std::string trust_anchor;
  std::vector<std::string> local_data;   // lines of zone_text.h
  std::vector<std::string> local_zones;  // "corp.example.": nothing in them is asked outside
  Duration timeout = std::chrono::seconds(20);
  Bytes cache_size{32'000'000};
};

const BlockSchema<DnsConfig>& dns_schema();

}  // namespace posthaste
