#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "identity/blocklist/blocklist_zone.h"
#include "platform/config_schema.h"

namespace posthaste {

// A zone block inside blocklist: a zone of one's own, or what is different about a shipped one.
struct BlocklistZoneConfig {
  std::string name;
  std::optional<BlocklistTier> tier;
  std::vector<BlocklistKind> lists;
  std::vector<std::string> test;
  std::vector<BlocklistCode> codes;
  std::vector<BlocklistBit> bits;
  std::vector<BlocklistCode> errors;
  std::optional<bool> registered_only;
  std::optional<bool> needs_key;
  std::string keyed_name;          // "{key}.zen.dq.spamhaus.net"
  std::filesystem::path key_file;  // its first line is the key
  std::string remove_at;
  std::optional<Rate> rate;
  std::optional<Duration> keep;

  bool operator==(const BlocklistZoneConfig&) const = default;
};

// The blocklist block.
struct BlocklistConfig {
  bool watch = true;
  Duration interval = std::chrono::hours(1);
  std::vector<std::string> zones;  // none: all that are known and need no key, or have one
  std::vector<std::string> disable;
  std::vector<std::string> domains;  // to watch beside those that sign
  Rate rate{60, std::chrono::minutes(1)};
  std::vector<BlocklistZoneConfig> zone_blocks;

  bool operator==(const BlocklistConfig&) const = default;
};

const BlockSchema<BlocklistConfig>& blocklist_schema();

// conf/blocklists.conf, as it was when the program was built.
std::string_view shipped_blocklists_text();
// The same, read. It is part of the program, and a test holds it to be right.
const std::vector<BlocklistZoneConfig>& shipped_blocklists();

// The zones to ask. Errors: a name that is not known, a zone that is dead, a key that is missing.
Result<std::vector<BlocklistZone>> blocklist_zones(const BlocklistConfig& config);

}  // namespace posthaste
