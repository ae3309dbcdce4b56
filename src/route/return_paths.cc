#include "route/return_paths.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

// DMARC compares with From (RFC 9989), so the bounce domain goes by it where there is one.
std::string sender_domain(const QueuedMessage& message) {
  const auto from = MailAddress::parse(message.facts.header_from);
  if (from) return from->domain().ascii();
  return message.envelope.sender.address().domain().ascii();
}

}  // namespace

ReturnPaths::ReturnPaths(ReturnPathOptions options, ReturnPathCodec codec)
    : domain_(std::move(options.domain)), verp_(options.verp), codec_(std::move(codec)) {
  for (ReturnPathConfig& block : options.blocks) {
    Rule rule;
    for (const std::string& pattern : block.sender) rule.senders.emplace_back(pattern);
    rule.tenants = std::move(block.tenant);
    rule.domain = std::move(block.domain);
    rules_.push_back(std::move(rule));
  }
}

const Domain* ReturnPaths::domain_of(const QueuedMessage& message) const {
  if (message.envelope.sender.is_null()) return nullptr;
  const std::string from = rules_.empty() ? std::string() : sender_domain(message);
  for (const Rule& rule : rules_) {
    const bool is_tenant =
        rule.tenants.empty() || std::find(rule.tenants.begin(), rule.tenants.end(),
                                          message.queue.tenant.value()) != rule.tenants.end();
    const bool is_sender =
        rule.senders.empty() || std::any_of(rule.senders.begin(), rule.senders.end(),
                                            [&](const Glob& one) { return one.matches(from); });
    if (is_tenant && is_sender) return rule.domain ? &*rule.domain : nullptr;
  }
  return domain_ ? &*domain_ : nullptr;
}

std::size_t ReturnPaths::recipients_at_once(const QueuedMessage& message, std::size_t max) const {
  const bool is_alone = verp_ == Verp::recipient && domain_of(message) != nullptr;
  return is_alone ? std::min<std::size_t>(max, 1) : max;
}

std::optional<ReversePath> ReturnPaths::make(const QueuedMessage& message,
                                             std::size_t recipients) const {
  const Domain* const domain = domain_of(message);
  if (domain == nullptr) return std::nullopt;
  LocalPart local = recipients == 1
                        ? codec_.make(message.id, message.envelope.recipients.front().address)
                        : codec_.make(message.id);
  return ReversePath(MailAddress(std::move(local), *domain));
}

bool ReturnPaths::is_ours(const Domain& domain) const {
  return (domain_ && *domain_ == domain) ||
         std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return rule.domain && *rule.domain == domain; });
}

}  // namespace posthaste
