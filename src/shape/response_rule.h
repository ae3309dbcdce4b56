#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "route/provider.h"

namespace posthaste {

// The rules of all providers, compiled: one automaton a provider finds all patterns that a reply
// matches at once. Immutable, so any thread may ask.
class ResponseRules {
 public:
  // Errors: the patterns of a provider are too large together.
  static Result<ResponseRules> compile(const Providers& providers);
  ResponseRules(ResponseRules&&) noexcept;
  ResponseRules& operator=(ResponseRules&&) noexcept;
  ~ResponseRules();

  // The first rule of the provider, else of "default", that matches "CODE STATUS TEXT"; null when
  // none does. It lives as long as this.
  const ResponseRuleConfig* match(std::string_view provider, std::string_view reply) const;

 private:
  struct Set;
  ResponseRules();
  std::map<std::string, std::unique_ptr<Set>, std::less<>> sets_;
};

// How often each rule has matched, for rules that act only on the N-th match in a time. Exact over
// any span; holds at most N times a rule and scope.
//
// Lives on the queue loop; not thread-safe.
class RuleHits {
 public:
  explicit RuleHits(Clock& clock) : clock_(clock) {}

  // Counts a match, for `scope` whatever the rule's scope stands for there. True when the rule is
  // to act now; it then counts anew.
  bool count(const ResponseRuleConfig& rule, const std::string& scope);
  // Forgets what no rule remembers any more; about once a minute.
  void forget_old();

 private:
  struct Matches {
    std::deque<Clock::time_point> times;
    Duration within;
  };
  Clock& clock_;
  std::map<std::string, Matches> matches_;
};

}  // namespace posthaste
