#pragma once

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <string_view>
#include <vector>

#include "event/event.h"

namespace posthaste {

struct WordRule {
  const char* pattern;  // RE2, on plain words
  Classification classification;
};

// A list of patterns as one automaton: the first in the list that matches decides. Plain words are
// lower case in ASCII alone; as UTF-8 they match in any case, where they are UTF-8.
class WordRules {
 public:
  template <std::size_t N>
  explicit WordRules(const WordRule (&rules)[N],
                     RE2::Options::Encoding encoding = RE2::Options::EncodingLatin1)
      : set_(options(encoding), RE2::UNANCHORED) {
    for (const WordRule& rule : rules) {
      const int added = set_.Add(rule.pattern, nullptr);
      assert(added >= 0);
      (void)added;
      classes_.push_back(rule.classification);
    }
    set_.Compile();
  }

  std::optional<Classification> find(std::string_view plain) const {
    std::vector<int> matching;
    if (!set_.Match(re2::StringPiece(plain.data(), plain.size()), &matching)) return std::nullopt;
    const int first = *std::min_element(matching.begin(), matching.end());
    return classes_[static_cast<std::size_t>(first)];
  }

 private:
  static RE2::Options options(RE2::Options::Encoding encoding) {
    RE2::Options options;
    options.set_encoding(encoding);  // replies may hold any octets
    options.set_case_sensitive(encoding == RE2::Options::EncodingLatin1);
    options.set_max_mem(64 << 20);
    return options;
  }

  RE2::Set set_;
  std::vector<Classification> classes_;
};

}  // namespace posthaste
