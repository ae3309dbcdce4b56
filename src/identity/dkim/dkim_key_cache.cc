#include "identity/dkim/dkim_key_cache.h"

#include <utility>

namespace posthaste {
namespace {

// The record of the longest key that is accepted has about 1,500 octets.
constexpr std::size_t kMaxKeptRecord = 4096;

}  // namespace

std::shared_ptr<const DkimPublishedKey> DkimKeyCache::get(const std::string& record_text) {
  std::shared_ptr<const DkimPublishedKey> key;
  state_.with([&](State& state) {
    const auto found = state.by_text.find(record_text);
    if (found == state.by_text.end()) return;
    state.entries.splice(state.entries.begin(), state.entries, found->second);
    key = found->second->key;
  });
  if (key) return key;
  // Read without the lock: several threads may read the same key once each.
  key = read_published_key(record_text);
  if (record_text.size() > kMaxKeptRecord) return key;
  state_.with([&](State& state) {
    if (state.by_text.contains(record_text)) return;
    state.entries.push_front({record_text, key});
    state.by_text.emplace(state.entries.front().text, state.entries.begin());
    if (state.entries.size() <= capacity_) return;
    state.by_text.erase(state.entries.back().text);
    state.entries.pop_back();
  });
  return key;
}

std::size_t DkimKeyCache::size() const {
  return state_.with([](const State& state) { return state.entries.size(); });
}

}  // namespace posthaste
