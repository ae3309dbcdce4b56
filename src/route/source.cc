#include "route/source.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

constexpr const char* kDefault = "default";

}  // namespace

std::uint32_t Pool::weight_of(const SourceName& source) const {
  for (const Member& member : members) {
    if (member.source == source) return member.weight;
  }
  return 0;
}

Sources::Sources(std::vector<SourceConfig> sources, std::vector<PoolConfig> pools)
    : sources_(std::move(sources)), pool_configs_(std::move(pools)) {
  if (sources_.empty()) sources_.emplace_back().name = kDefault;
  for (const SourceConfig& source : sources_) {
    all_.members.push_back({SourceName(source.name), 1});
  }
  for (const PoolConfig& config : pool_configs_) {
    Pool pool{config.name, {}};
    for (const PoolMember& member : config.members) {
      pool.members.push_back({SourceName(member.source), member.weight});
    }
    pools_.emplace(config.name, std::move(pool));
  }
}

const SourceConfig* Sources::find(const SourceName& name) const {
  const auto found = std::find_if(sources_.begin(), sources_.end(), [&](const SourceConfig& one) {
    return one.name == name.value();
  });
  return found == sources_.end() ? nullptr : &*found;
}

const Pool& Sources::pool(std::string_view name) const {
  auto found = pools_.find(name.empty() ? std::string_view(kDefault) : name);
  if (found == pools_.end()) found = pools_.find(std::string_view(kDefault));
  return found == pools_.end() ? all_ : found->second;
}

const PoolConfig* Sources::first_pool_of(const SourceName& source) const {
  for (const PoolConfig& pool : pool_configs_) {
    for (const PoolMember& member : pool.members) {
      if (member.source == source.value()) return &pool;
    }
  }
  return nullptr;
}

}  // namespace posthaste
