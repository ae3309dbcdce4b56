#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/guarded.h"
#include "identity/dkim/published_key.h"

namespace posthaste {

// Keys that were read, by the text of their record. A text means the same key for ever, so nothing
// here goes stale: how long an answer of DNS holds is the resolver's to know. Bounded: the key that
// was not used for longest goes first. Safe to use from any thread.
class DkimKeyCache {
 public:
  explicit DkimKeyCache(std::size_t capacity = 4096) : capacity_(capacity) {}

  std::shared_ptr<const DkimPublishedKey> get(const std::string& record_text);
  std::size_t size() const;

 private:
  struct Entry {
    std::string text;
    std::shared_ptr<const DkimPublishedKey> key;
  };
  struct State {
    std::list<Entry> entries;  // the latest used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text;
  };

  const std::size_t capacity_;
  Guarded<State> state_;
};

}  // namespace posthaste
