#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace posthaste {

// Values by name, `most` at the most: the one that was used longest ago is forgotten first. For
// what is remembered of clients, which may make up ever new names. Not thread-safe.
//
//   RecentMap<Account> accounts(100'000);
//   accounts.use("192.0.2.1").sent += 1;  // made when it is new
template <class Value>
class RecentMap {
 public:
  using Entry = std::pair<const std::string, Value>;

  explicit RecentMap(std::size_t most) : most_(most) {}

  // The value, from now on the most recent one; made of `arguments` when it is new.
  template <class... Arguments>
  Value& use(std::string_view name, const Arguments&... arguments) {
    if (const auto known = by_name_.find(name); known != by_name_.end()) {
      entries_.splice(entries_.begin(), entries_, known->second);
      return known->second->second;
    }
    if (entries_.size() >= most_) forget_oldest();
    entries_.emplace_front(std::piecewise_construct, std::forward_as_tuple(name),
                           std::forward_as_tuple(arguments...));
    by_name_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }

  // Null where it is not known. Its age stays.
  Value* find(std::string_view name) {
    const auto known = by_name_.find(name);
    return known == by_name_.end() ? nullptr : &known->second->second;
  }

  // Requires: not empty.
  const Value& oldest() const { return entries_.back().second; }
  void forget_oldest() {
    by_name_.erase(entries_.back().first);
    entries_.pop_back();
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

  // The most recent first.
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }

 private:
  std::size_t most_;
  std::list<Entry> entries_;
  // The names are those of the entries, which stay where they are.
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> by_name_;
};

}  // namespace posthaste
