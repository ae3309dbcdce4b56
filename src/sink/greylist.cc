#include "sink/greylist.h"

namespace posthaste {
namespace {

constexpr std::size_t kMostEntries = 1'000'000;

}  // namespace

bool Greylist::accepts(std::string_view client, std::string_view sender, std::string_view recipient,
                       Clock::time_point now) {
  std::string key(client);
  key.append(" ").append(sender).append(" ").append(recipient);
  while (!entries_.empty() && (now - entries_.back().last >= config_.forget)) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    Entry& entry = *known->second;
    entry.last = now;
    entries_.splice(entries_.begin(), entries_, known->second);
    return now - entry.first >= config_.after;
  }
  if (entries_.size() >= kMostEntries) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({key, now, now});
  by_key_.emplace(std::move(key), entries_.begin());
  return false;
}

}  // namespace posthaste
