#include "shape/governor.h"

#include <utility>

namespace posthaste {

Governor::Slot::Slot(std::shared_ptr<std::uint32_t> in_use) : in_use_(std::move(in_use)) {
  ++*in_use_;
}

Governor::Slot::Slot(Slot&& other) noexcept : in_use_(std::move(other.in_use_)) {}

Governor::Slot& Governor::Slot::operator=(Slot&& other) noexcept {
  if (this != &other) {
    give_back();
    in_use_ = std::move(other.in_use_);
  }
  return *this;
}

void Governor::Slot::give_back() {
  if (in_use_) --*in_use_;
  in_use_.reset();
}

Governor::Governor(Clock& clock, std::shared_ptr<const QueueRules> rules)
    : clock_(clock), rules_(std::move(rules)) {}

Governor::Flow& Governor::flow(const std::string& remote_queue) const {
  const auto known = flows_.find(remote_queue);
  if (known != flows_.end()) return known->second;
  const RemoteQueueConfig* config = rules_->find(remote_queue);
  const Rate rate = config ? config->rate : Rate();
  Flow fresh{TokenBucket(clock_, rate), std::make_shared<std::uint32_t>(0)};
  return flows_.emplace(remote_queue, std::move(fresh)).first->second;
}

std::optional<LimitRefusal> Governor::refusal(const std::string& remote_queue) const {
  const Flow& state = flow(remote_queue);
  const RemoteQueueConfig* config = rules_->find(remote_queue);
  if (config && config->concurrency > 0 && *state.in_use >= config->concurrency) {
    return LimitRefusal{
        "remote_queue \"" + remote_queue + "\" concurrency " + std::to_string(config->concurrency),
        std::nullopt};
  }
  if (const auto until = state.tokens.wait_until()) {
    return LimitRefusal{
        "remote_queue \"" + remote_queue + "\" rate " + state.tokens.rate().to_string(), until};
  }
  return std::nullopt;
}

Governor::Slot Governor::take_slot(const std::string& remote_queue) {
  return Slot(flow(remote_queue).in_use);
}

std::optional<LimitRefusal> Governor::take_token(const std::string& remote_queue) {
  Flow& state = flow(remote_queue);
  if (const auto until = state.tokens.take_or_wait_until()) {
    return LimitRefusal{
        "remote_queue \"" + remote_queue + "\" rate " + state.tokens.rate().to_string(), until};
  }
  return std::nullopt;
}

void Governor::set_rules(std::shared_ptr<const QueueRules> rules) {
  rules_ = std::move(rules);
  for (auto& [name, state] : flows_) {
    const RemoteQueueConfig* config = rules_->find(name);
    state.tokens.set_rate(config ? config->rate : Rate());
  }
}

}  // namespace posthaste
