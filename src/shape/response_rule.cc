#include "shape/response_rule.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <utility>

#include "route/route_error.h"

namespace posthaste {
namespace {

constexpr const char* kDefault = "default";
// Replies are read up to this: no provider says more, and what is behind is not worth the time.
constexpr std::size_t kMaxReply = 2048;

}  // namespace

struct ResponseRules::Set {
  explicit Set(const RE2::Options& options) : patterns(options, RE2::UNANCHORED) {}

  RE2::Set patterns;
  std::vector<std::size_t> rule_of;  // by pattern
  std::vector<ResponseRuleConfig> rules;
};

ResponseRules::ResponseRules() = default;
ResponseRules::ResponseRules(ResponseRules&&) noexcept = default;
ResponseRules& ResponseRules::operator=(ResponseRules&&) noexcept = default;
ResponseRules::~ResponseRules() = default;

Result<ResponseRules> ResponseRules::compile(const Providers& providers) {
  ResponseRules compiled;
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_encoding(RE2::Options::EncodingLatin1);  // replies may hold any octets
  options.set_log_errors(false);
  for (const ProviderConfig& provider : providers.blocks()) {
    if (provider.rules.empty()) continue;
    auto set = std::make_unique<Set>(options);
    set->rules = provider.rules;
    for (std::size_t i = 0; i < provider.rules.size(); ++i) {
      for (const std::string& pattern : provider.rules[i].pattern) {
        std::string error;
        if (set->patterns.Add(pattern, &error) < 0) {
          return {RouteErrc::bad_rule, "provider \"" + provider.name + "\" rule \"" +
                                           provider.rules[i].name + "\": " + error};
        }
        set->rule_of.push_back(i);
      }
    }
    if (!set->patterns.Compile()) {
      return {RouteErrc::bad_rule, "provider \"" + provider.name +
                                       "\": its patterns are too large together: simplify them"};
    }
    compiled.sets_.emplace(provider.name, std::move(set));
  }
  return compiled;
}

const ResponseRuleConfig* ResponseRules::match(std::string_view provider,
                                               std::string_view reply) const {
  const std::string_view text = reply.substr(0, kMaxReply);
  for (const std::string_view name : {provider, std::string_view(kDefault)}) {
    const auto known = sets_.find(name);
    if (known == sets_.end()) continue;
    const Set& set = *known->second;
    std::vector<int> matching;
    if (!set.patterns.Match(re2::StringPiece(text.data(), text.size()), &matching)) continue;
    std::size_t first = set.rules.size();
    for (const int pattern : matching) {
      first = std::min(first, set.rule_of[static_cast<std::size_t>(pattern)]);
    }
    return &set.rules[first];
  }
  return nullptr;
}

bool RuleHits::count(const ResponseRuleConfig& rule, const std::string& scope) {
  if (rule.hits <= 1) return true;
  const auto now = clock_.now();
  const std::string key = rule.where.to_string() + '\n' + rule.name + '\n' + scope;
  Matches& matches = matches_[key];
  matches.within = rule.within;
  matches.times.push_back(now);
  while (now - matches.times.front() > rule.within) matches.times.pop_front();
  if (matches.times.size() < rule.hits) return false;
  matches_.erase(key);
  return true;
}

void RuleHits::forget_old() {
  const auto now = clock_.now();
  std::erase_if(matches_, [now](const auto& one) {
    return now - one.second.times.back() > one.second.within;
  });
}

}  // namespace posthaste
