#include "route/queue_rule.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "route/glob.h"
#include "route/header_match.h"
#include "route/route_error.h"

namespace posthaste {
namespace {

constexpr std::string_view kOutbound = "outbound";

struct Rule {
  std::size_t block = 0;
  std::vector<Glob> sender;
  std::vector<HeaderMatch> header;
  std::vector<Glob> tenant;
  std::vector<Glob> campaign;
  std::vector<Glob> stream;
  std::vector<Glob> recipient_domain;
};

std::vector<Glob> compile_globs(const std::vector<std::string>& patterns) {
  return {patterns.begin(), patterns.end()};
}

bool any_matches(const std::vector<Glob>& globs, std::string_view text) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(),
                                      [&](const Glob& glob) { return glob.matches(text); });
}

bool header_matches(const std::vector<HeaderMatch>& rules, const HeaderLookup& lookup) {
  if (rules.empty()) return true;
  if (!lookup) return false;
  for (const HeaderMatch& rule : rules) {
    for (const std::string_view value : lookup(rule.field())) {
      if (rule.matches(value)) return true;
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
         any_matches(rule.stream, subject.tags.stream) &&
         any_matches(rule.recipient_domain, subject.recipient_domain.ascii()) &&
         sender_matches(rule.sender, subject.sender) && header_matches(rule.header, subject.header);
}

Result<Rule> compile_rule(const QueueMatch& match, std::size_t block) {
  Rule rule{.block = block,
            .sender = compile_globs(match.sender),
            .tenant = compile_globs(match.tenant),
            .campaign = compile_globs(match.campaign),
            .stream = compile_globs(match.stream),
            .recipient_domain = compile_globs(match.recipient_domain)};
  for (const std::string& text : match.header) {
    Result<HeaderMatch> header = HeaderMatch::compile(text);
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
