#include "route/sender_match.h"

#include <algorithm>

namespace posthaste {
namespace {

std::vector<Glob> globs_of(const std::vector<std::string>& patterns) {
  return {patterns.begin(), patterns.end()};
}

bool is_any_of(const std::vector<Glob>& globs, std::string_view text) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(),
                                      [&](const Glob& glob) { return glob.matches(text); });
}

}  // namespace

const BlockSchema<SenderMatchConfig>& sender_match_schema() {
  static const auto schema =
      BlockSchema<SenderMatchConfig>(
          "match", BlockKind::single,
          "Which messages it is for: any value of a list, but every list that is set. \"*\" in a "
          "value stands for any text; case is ignored.")
          .key("from", &SenderMatchConfig::from,
               "Domain of the From header, as \"example.com\" or \"*.example.com\".")
          .key("tenant", &SenderMatchConfig::tenant, "Tenant.")
          .key("campaign", &SenderMatchConfig::campaign, "Campaign (X-Campaign).")
          .key("stream", &SenderMatchConfig::stream, "Stream (X-Stream).");
  return schema;
}

SenderMatch::SenderMatch(const SenderMatchConfig& config)
    : from_(globs_of(config.from)),
      tenant_(globs_of(config.tenant)),
      campaign_(globs_of(config.campaign)),
      stream_(globs_of(config.stream)) {}

bool SenderMatch::matches(const Tags& tags, std::string_view from_domain) const {
  return is_any_of(tenant_, tags.tenant.value()) && is_any_of(campaign_, tags.campaign.value()) &&
         is_any_of(stream_, tags.stream) && is_any_of(from_, from_domain);
}

}  // namespace posthaste
