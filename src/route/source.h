#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "route/source_config.h"

namespace posthaste {

using SourceName = Strong<struct SourceNameTag, std::string>;

// Sources that share the mail of a class, with their weights.
struct Pool {
  struct Member {
    SourceName source;
    std::uint32_t weight = 1;
  };
  std::string name;  // "" for all sources, where there are no pools
  std::vector<Member> members;

  // 0: the source is none of the pool.
  std::uint32_t weight_of(const SourceName& source) const;
};

// The source and pool blocks. Immutable, so any thread may ask.
class Sources {
 public:
  // Requires: each member of a pool names a source. Without a source there is one of the name
  // "default", which leaves the choice of its address to the system.
  Sources(std::vector<SourceConfig> sources, std::vector<PoolConfig> pools);

  const std::vector<SourceConfig>& sources() const { return sources_; }
  // Null when there is none of the name.
  const SourceConfig* find(const SourceName& name) const;

  // The pool of a class of mail by its name in the remote_queue. One that has left the
  // configuration, or "", is the pool "default"; with no pools, all sources.
  const Pool& pool(std::string_view name) const;
  const std::vector<PoolConfig>& pools() const { return pool_configs_; }
  // The first pool of the file that holds the source, nullptr when none does.
  const PoolConfig* first_pool_of(const SourceName& source) const;

 private:
  std::vector<SourceConfig> sources_;
  std::vector<PoolConfig> pool_configs_;
  std::map<std::string, Pool, std::less<>> pools_;
  Pool all_;
};

}  // namespace posthaste
