#include "route/queue_rule.h"

#include <re2/re2.h>

#include <fmt/format.h>
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "route/glob.h"
#include "route/route_error.h"

namespace posthaste {
namespace {

constexpr std::string_view kOutbound = "outbound";

struct HeaderRule {
  std::string name;
  std::unique_ptr<RE2> pattern;
};

struct Rule {
  std::size_t block = 0;
  std::vector<Glob> sender;
  std::vector<HeaderRule> header;
  std::vector<Glob> tenant;
  std::vector<Glob> campaign;
  std::vector<Glob> recipient_domain;
};

std::vector<Glob> compile_globs(const std::vector<std::string>& patterns) {
  return {patterns.begin(), patterns.end()};
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool any_matches(const std::vector<Glob>& globs, std::string_view text) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(),
                                      [&](const Glob& glob) { return glob.matches(text); });
}

bool header_matches(const std::vector<HeaderRule>& rules, const HeaderLookup& lookup) {
  if (rules.empty()) return true;
  if (!lookup) return false;
  for (const HeaderRule& rule : rules) {
    for (const std::string_view value : lookup(rule.name)) {
      if (RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *rule.pattern)) {
        return true;
      }
    }
  }
  return false;
}

bool sender_matches(const std::vector<Glob>& globs, const ReversePath& sender) {
  if (globs.empty()) return true;
  return any_matches(globs, sender.is_null() ? "<>" : sender.smtp_form());
}

bool matches(const Rule& rule, const QueueSubject& subject) {
  return any_matches(rule.tenant, subject.tags.tenant.value()) &&
         any_matches(rule.campaign, subject.tags.campaign.value()) &&
         any_matches(rule.recipient_domain, subject.recipient_domain.ascii()) &&
         sender_matches(rule.sender, subject.sender) && header_matches(rule.header, subject.header);
}

Result<HeaderRule> compile_header(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = trim(std::string_view(text).substr(0, colon));
  if (colon == std::string::npos || name.empty()) {
    return {RouteErrc::bad_rule,
            fmt::format("header \"{}\" has no field name: write \"X-Priority: high\"", text)};
  }
  const std::string_view pattern = trim(std::string_view(text).substr(colon + 1));
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  auto compiled = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) {
    return {RouteErrc::bad_rule,
            fmt::format("header \"{}\" has a bad pattern: {}", text, compiled->error())};
  }
  return HeaderRule{std::string(name), std::move(compiled)};
}

Result<Rule> compile_rule(const QueueMatch& match, std::size_t block) {
  Rule rule{.block = block,
            .sender = compile_globs(match.sender),
            .tenant = compile_globs(match.tenant),
            .campaign = compile_globs(match.campaign),
            .recipient_domain = compile_globs(match.recipient_domain)};
  for (const std::string& text : match.header) {
    Result<HeaderRule> header = compile_header(text);
    if (!header) return header.error();
    rule.header.push_back(std::move(*header));
  }
  return rule;
}

}  // namespace

struct QueueRules::Compiled {
  std::vector<RemoteQueueConfig> blocks;
  std::vector<Rule> rules;  // of the blocks that have a match, in their order
  std::size_t outbound = 0;
};

QueueRules::QueueRules(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
QueueRules::QueueRules(QueueRules&&) noexcept = default;
QueueRules& QueueRules::operator=(QueueRules&&) noexcept = default;
QueueRules::~QueueRules() = default;

Result<QueueRules> QueueRules::compile(std::vector<RemoteQueueConfig> blocks) {
  auto compiled = std::make_unique<Compiled>();
  const auto is_outbound = [](const RemoteQueueConfig& block) { return block.name == kOutbound; };
  if (std::none_of(blocks.begin(), blocks.end(), is_outbound)) {
    blocks.emplace_back().name = kOutbound;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto same_name = [&](const RemoteQueueConfig& other) {
      return other.name == blocks[i].name;
    };
    if (std::count_if(blocks.begin(), blocks.end(), same_name) > 1) {
      return {
          RouteErrc::bad_rule,
          fmt::format("remote_queue \"{}\" stands twice: give each its own name", blocks[i].name)};
    }
    if (is_outbound(blocks[i])) compiled->outbound = i;
    if (blocks[i].match.empty()) continue;
    Result<Rule> rule = compile_rule(blocks[i].match, i);
    if (!rule) return rule.error();
    compiled->rules.push_back(std::move(*rule));
  }
  compiled->blocks = std::move(blocks);
  return QueueRules(std::move(compiled));
}

const RemoteQueueConfig& QueueRules::choose(const QueueSubject& subject) const {
  for (const Rule& rule : compiled_->rules) {
    if (matches(rule, subject)) return compiled_->blocks[rule.block];
  }
  return outbound();
}

const RemoteQueueConfig* QueueRules::find(std::string_view name) const {
  for (const RemoteQueueConfig& block : compiled_->blocks) {
    if (block.name == name) return &block;
  }
  return nullptr;
}

const RemoteQueueConfig& QueueRules::outbound() const {
  return compiled_->blocks[compiled_->outbound];
}

const std::vector<RemoteQueueConfig>& QueueRules::blocks() const {
  return compiled_->blocks;
}

}  // namespace posthaste
