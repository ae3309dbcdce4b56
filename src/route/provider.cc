#include "route/provider.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "route/route_error.h"

namespace posthaste {
namespace {

constexpr const char* kDefault = "default";

template <class T>
void override_value(std::optional<T>& far, const std::optional<T>& closer) {
  if (closer) far = closer;
}

// What a written block sets replaces what the shipped one says; its rules are asked first.
void override_block(ProviderConfig& shipped, ProviderConfig written) {
  shipped.override_with(written);
  if (!written.mx.empty()) shipped.mx = std::move(written.mx);
  override_value(shipped.provider_connections, written.provider_connections);
  override_value(shipped.provider_connection_rate, written.provider_connection_rate);
  override_value(shipped.provider_message_rate, written.provider_message_rate);
  override_value(shipped.provider_daily_messages, written.provider_daily_messages);
  override_value(shipped.provider_tls, written.provider_tls);
  override_value(shipped.warmup_factor, written.warmup_factor);
  for (ResponseRuleConfig& old : shipped.rules) {
    const bool is_replaced = std::any_of(written.rules.begin(), written.rules.end(),
                                         [&](const auto& one) { return one.name == old.name; });
    if (!is_replaced) written.rules.push_back(std::move(old));
  }
  shipped.rules = std::move(written.rules);
  shipped.where = written.where;
}

// The octets of `pattern` that match `host`, 0 for none.
std::size_t match_length(const std::string& pattern, const std::string& host) {
  const bool is_suffix = pattern.starts_with('.');
  return (is_suffix ? host.ends_with(pattern) : host == pattern) ? pattern.size() : 0;
}

}  // namespace

Result<Providers> Providers::compile(std::vector<ProviderConfig> shipped,
                                     std::vector<ProviderConfig> written) {
  Providers providers;
  providers.blocks_ = std::move(shipped);
  for (ProviderConfig& block : written) {
    const auto known =
        std::find_if(providers.blocks_.begin(), providers.blocks_.end(),
                     [&](const ProviderConfig& one) { return one.name == block.name; });
    if (known == providers.blocks_.end()) {
      providers.blocks_.push_back(std::move(block));
    } else {
      override_block(*known, std::move(block));
    }
  }
  std::vector<std::pair<std::string, const ProviderConfig*>> patterns;
  for (const ProviderConfig& block : providers.blocks_) {
    for (const std::string& pattern : block.mx) {
      const auto taken = std::find_if(patterns.begin(), patterns.end(),
                                      [&](const auto& one) { return one.first == pattern; });
      if (taken != patterns.end()) {
        return {RouteErrc::bad_rule, "mx \"" + pattern + "\" is of provider \"" +
                                         taken->second->name + "\" and of provider \"" +
                                         block.name + "\": leave it to one of them"};
      }
      patterns.emplace_back(pattern, &block);
    }
  }
  return providers;
}

const ProviderConfig* Providers::find_by_hosts(const std::vector<std::string>& hosts) const {
  const ProviderConfig* best = nullptr;
  std::size_t best_length = 0;
  for (const ProviderConfig& block : blocks_) {
    std::size_t shortest = hosts.empty() ? 0 : std::string::npos;
    for (const std::string& host : hosts) {
      std::size_t longest = 0;
      for (const std::string& pattern : block.mx) {
        longest = std::max(longest, match_length(pattern, host));
      }
      shortest = std::min(shortest, longest);
    }
    if (shortest > best_length) {
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

}  // namespace posthaste
