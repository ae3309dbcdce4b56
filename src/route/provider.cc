#include "route/provider.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

constexpr const char* kDefault = "default";

// The octets of `pattern` that match `host`, 0 for none.
std::size_t match_length(const std::string& pattern, const std::string& host) {
  const bool matches = pattern.starts_with('.') ? host.ends_with(pattern) : host == pattern;
  return matches ? pattern.size() : 0;
}

}  // namespace

const ProviderConfig* Providers::find_by_hosts(const std::vector<std::string>& hosts) const {
  const ProviderConfig* best = nullptr;
  std::size_t best_length = 0;
  for (const ProviderConfig& block : blocks_) {
    std::size_t shortest = std::string::npos;
    for (const std::string& host : hosts) {
      std::size_t longest = 0;
      for (const std::string& pattern : block.mx) {
        longest = std::max(longest, match_length(pattern, host));
      }
      shortest = std::min(shortest, longest);
    }
    if (!hosts.empty() && shortest > best_length) {
      best = &block;
      best_length = shortest;
    }
  }
  return best;
}

const ProviderConfig* Providers::find(std::string_view name) const {
  const auto found = std::find_if(blocks_.begin(), blocks_.end(),
                                  [&](const ProviderConfig& one) { return one.name == name; });
  return found == blocks_.end() ? nullptr : &*found;
}

const ProviderConfig& Providers::default_limits() const {
  static const ProviderConfig kNone;
  const ProviderConfig* found = find(kDefault);
  return found == nullptr ? kNone : *found;
}

Result<Providers> Providers::compile(std::vector<ProviderConfig> shipped,
                                     std::vector<ProviderConfig> written) {
  Providers providers;
  providers.blocks_ = std::move(shipped);
  for (ProviderConfig& block : written) providers.blocks_.push_back(std::move(block));
  return providers;
}

}  // namespace posthaste
