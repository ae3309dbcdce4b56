#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/units.h"
#include "platform/config_schema.h"

namespace posthaste {

// The postmaster_tools block: what Google says of our domains.
struct PostmasterToolsConfig {
  std::filesystem::path credentials;  // "": not asked
  std::vector<std::string> domains;   // none: all that the account sees
  Duration interval = std::chrono::hours(6);
  std::string api_url = "https://gmailpostmastertools.googleapis.com";

  bool operator==(const PostmasterToolsConfig&) const = default;
};

// The snds block: what Microsoft says of our addresses.
struct SndsConfig {
  std::filesystem::path credentials;  // "": not asked
  Duration interval = std::chrono::hours(6);
  std::string api_url = "https://substrate.office.com/ip-domain-management-snds";

  bool operator==(const SndsConfig&) const = default;
};

const BlockSchema<PostmasterToolsConfig>& postmaster_tools_schema();
const BlockSchema<SndsConfig>& snds_schema();

}  // namespace posthaste
