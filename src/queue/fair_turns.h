#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace posthaste {

// Members that share something by weight: over time each of those who want gets turns in proportion
// to its weight (stride scheduling). Who was away saves nothing up.
//
// Lives on its owner's executor; not thread-safe.
template <class Member>
class FairTurns {
 public:
  struct Entry {
    std::string id;
    std::uint32_t weight = 1;
    Member member;

   private:
    friend class FairTurns;
    double pass = 0;          // who has the least is next
    std::uint64_t order = 0;  // of those with the same pass
  };

  // The entry, made when it is new; its weight is this from now on.
  Entry& enter(const std::string& id, std::uint32_t weight) {
    const auto [place, is_new] = entries_.try_emplace(id);
    Entry& entry = place->second;
    entry.weight = std::max<std::uint32_t>(1, weight);
    if (is_new) {
      entry.id = id;
      entry.pass = floor_;
      entry.order = next_order_++;
      order_.insert(key(entry));
    }
    return entry;
  }

  Entry* find(const std::string& id) {
    const auto known = entries_.find(id);
    return known == entries_.end() ? nullptr : &known->second;
  }

  void leave(Entry& entry) {
    order_.erase(key(entry));
    entries_.erase(std::string(entry.id));
  }

  // The first, in the order of their turns, for whom `visit` is true; null when there is none.
  template <class Visit>
  Entry* find_first(const Visit& visit) const {
    for (const auto& one : order_) {
      if (visit(*std::get<2>(one))) return std::get<2>(one);
    }
    return nullptr;
  }

  // The entry had a turn.
  void charge(Entry& entry) {
    order_.erase(key(entry));
    // Those who are behind could not take their turns: the line goes on without them.
    floor_ = std::max(floor_, entry.pass);
    entry.pass = floor_ + 1.0 / entry.weight;
    entry.order = next_order_++;
    order_.insert(key(entry));
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

 private:
  using Key = std::tuple<double, std::uint64_t, Entry*>;
  static Key key(Entry& entry) { return {entry.pass, entry.order, &entry}; }

  std::map<std::string, Entry> entries_;
  std::set<Key> order_;
  double floor_ = 0;
  std::uint64_t next_order_ = 0;
};

}  // namespace posthaste
