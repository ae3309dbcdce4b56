#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace posthaste {

// Replies and diagnostics that no rule knew, by number, so that an operator sees what to teach.
// Alike but for names and numbers counts as one. Holds at most kMaxKinds; a new one then takes the
// place of the rarest, with its count, so that what is frequent is always found (Metwally's
// space-saving: a count is too high by at most that of what it replaced).
//
// Not thread-safe: lives on the loop of whoever counts.
class UnknownReplies {
 public:
  static constexpr std::size_t kMaxKinds = 1000;
  static constexpr std::size_t kMaxExample = 300;

  struct Kind {
    std::string example;  // the latest text of this kind
    std::uint64_t count = 0;
    WallTime first;
    WallTime last;
  };

  void count(std::string_view text, WallTime now);
  // The most frequent first.
  std::vector<Kind> by_number() const;
  bool has_changed() const { return has_changed_; }

  // For the spool's state: what a restart must not forget. Reading what cannot be read gives none.
  std::string to_state();
  static UnknownReplies from_state(std::string_view state);

 private:
  std::map<std::string, Kind, std::less<>> kinds_;  // by words without names and numbers
  bool has_changed_ = false;                        // since to_state()
};

}  // namespace posthaste
