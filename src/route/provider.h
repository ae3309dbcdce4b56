#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "route/provider_config.h"

namespace posthaste {

using ProviderName = Strong<struct ProviderNameTag, std::string>;

// The provider blocks, ready to choose from. Immutable, so any thread may ask.
class Providers {
 public:
  // `shipped` are those that come with the program, `written` the configuration's own: a written
  // block of a shipped name sets what it sets and leaves the rest, its rules before the shipped
  // ones (a rule of the same title replaces it). Errors: a pattern that two providers share.
  static Result<Providers> compile(std::vector<ProviderConfig> shipped,
                                   std::vector<ProviderConfig> written);

  // The provider all of whose `hosts` match; nullptr when there is none. The longest pattern wins
  // where several match.
  const ProviderConfig* find_by_hosts(const std::vector<std::string>& hosts) const;
  const ProviderConfig* find(std::string_view name) const;
  // What stands below all providers: the block "default".
  const ProviderConfig& default_limits() const;
  const std::vector<ProviderConfig>& blocks() const { return blocks_; }

 private:
  std::vector<ProviderConfig> blocks_;
};

}  // namespace posthaste
