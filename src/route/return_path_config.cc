#include "route/return_path_config.h"

namespace posthaste {
namespace {

std::vector<ConfigProblem> check_return_path(const ReturnPathConfig& config) {
  if (!config.sender.empty() || !config.tenant.empty()) return {};
  return {{"", "it is for no sender: set sender or tenant; for all mail set bounce { domain }"}};
}

}  // namespace

const BlockSchema<ReturnPathConfig>& return_path_schema() {
  static const auto schema =
      BlockSchema<ReturnPathConfig>(
          "return_path", BlockKind::titled,
          "The bounce domain of some senders, instead of bounce { domain }: a name below their own "
          "domain lets SPF align with From (RFC 9989). The first block of the file that fits "
          "counts.")
          .title(&ReturnPathConfig::name)
          .key("sender", &ReturnPathConfig::sender,
               "Domains of the From header, as \"example.com\" or \"*.example.com\"; none: any.")
          .key("tenant", &ReturnPathConfig::tenant, "Tenants; none: any.")
          .key("domain", &ReturnPathConfig::domain,
               "The domain of their return paths. Not set: their mail keeps its own envelope "
               "sender.")
          .validate(check_return_path);
  return schema;
}

}  // namespace posthaste
