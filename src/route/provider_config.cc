#include "route/provider_config.h"

#include <re2/re2.h>

#include <algorithm>

namespace posthaste {
namespace {

std::string check_pattern(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 compiled(pattern, options);
  return compiled.ok() ? "" : "\"" + pattern + "\" is no regular expression: " + compiled.error();
}

// The name of an MX host, or the end of one.
std::string check_mx(const std::string& pattern) {
  const bool is_name =
      !pattern.empty() && pattern != "." &&
      pattern.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") == std::string::npos;
  if (!is_name) {
    return "\"" + pattern +
           "\" matches no MX host: write \".example.com\" for its end or \"mx.example.com\" for "
           "all of it, in lower case and A-labels";
  }
  if (pattern.back() == '.') {
    return "\"" + pattern + "\" matches no MX host: leave out the dot at its end";
  }
  return "";
}

std::vector<ConfigProblem> check_rule(const ResponseRuleConfig& rule) {
  std::vector<ConfigProblem> problems;
  auto need = [&](bool is_given, const char* key, const char* what) {
    if (!is_given) problems.push_back({"action", std::string(what) + ": set " + key});
  };
  using Action = RuleAction;
  if (rule.pattern.empty()) problems.push_back({"", "a rule needs a pattern: set pattern"});
  if (rule.has(Action::slow)) {
    need(rule.rate.has_value() || rule.factor.has_value(), "rate or factor", "slow to what");
  }
  if (rule.has(Action::fewer_connections)) {
    need(rule.connections.has_value(), "connections", "how many connections are left");
  }
  const bool is_timed = rule.has(Action::slow) || rule.has(Action::fewer_connections) ||
                        rule.has(Action::suspend) || rule.has(Action::skip_host);
  if (is_timed) need(rule.duration.has_value(), "duration", "for how long");
  if (rule.has(Action::retry) && rule.has(Action::fail)) {
    problems.push_back({"action", "retry and fail contradict each other: choose one"});
  }
  if (rule.action.empty() && !rule.classification) {
    problems.push_back({"", "the rule does nothing: set action or classification"});
  }
  return problems;
}

const BlockSchema<ResponseRuleConfig>& rule_schema() {
  using Rule = ResponseRuleConfig;
  static const auto schema =
      BlockSchema<Rule>("rule", BlockKind::titled,
                        "What a reply means and what follows. Rules are asked in their order; the "
                        "first that matches holds.")
          .title(&Rule::name)
          .location(&Rule::where)
          .key("pattern", &Rule::pattern,
               "Regular expressions (RE2), any of which is found in the code, status and text of "
               "the reply, as \"421 4.7.0 Try again\"; case is ignored.",
               {.check = check_pattern})
          .key("classification", &Rule::classification, "The class of such a refusal.")
          .key("action", &Rule::action, "What is done.")
          .key("scope", &Rule::scope, "What suspend and hold stop.")
          .key("duration", &Rule::duration,
               "How long slow, fewer_connections, suspend and "
               "skip_host last.",
               {.min = std::chrono::seconds(1)})
          .key("rate", &Rule::rate, "The rate of slow, as \"1/min\".")
          .key("factor", &Rule::factor, "The part of the present rate that slow leaves.",
               {.min = 0.001, .max = 1.0})
          .key("connections", &Rule::connections, "What fewer_connections leaves.", {.min = 1U})
          .key("resume_factor", &Rule::resume_factor,
               "The part of the former rate at which mail goes on after suspend.",
               {.min = 0.001, .max = 1.0})
          .key("hits", &Rule::hits,
               "How many matches it takes until anything is slowed or stopped.",
               {.min = 1U, .max = 10'000U})
          .key("within", &Rule::within, "The time in which so many must come.",
               {.min = std::chrono::seconds(1)})
          .validate(check_rule);
  return schema;
}

}  // namespace

bool ResponseRuleConfig::has(RuleAction wanted) const {
  return std::find(action.begin(), action.end(), wanted) != action.end();
}

const BlockSchema<ProviderConfig>& provider_schema() {
  using Provider = ProviderConfig;
  static const auto schema =
      with_limit_keys(
          BlockSchema<Provider>("provider", BlockKind::titled,
                                "A mailbox provider, told by its MX hosts. A block of the name of "
                                "a shipped one changes what it sets; \"default\" stands below all.")
              .title(&Provider::name)
              .location(&Provider::where)
              .key(
                  "mx", &Provider::mx,
                  "Its MX hosts: \".google.com\" is the end of a name. Every host of a domain must "
                  "match.",
                  {.check = check_mx}))
          .key("provider_connections", &Provider::provider_connections,
               "Connections at one time, of all sources to all its sites.", {.min = 1U})
          .key("provider_connection_rate", &Provider::provider_connection_rate,
               "New connections of all sources to all its sites.")
          .key("provider_message_rate", &Provider::provider_message_rate,
               "Messages of all sources to all its sites, evenly paced.")
          .key("provider_daily_messages", &Provider::provider_daily_messages,
               "Messages of all sources to all its sites in any 24 hours.")
          .key("provider_tls", &Provider::provider_tls, "Whether mail goes only over TLS.")
          .key("warmup_factor", &Provider::warmup_factor,
               "The part of its share of a warm-up that a new address sends there at first; each "
               "good day adds a tenth.",
               {.min = 0.01, .max = 1.0})
          .block(&Provider::rules, rule_schema());
  return schema;
}

}  // namespace posthaste
