#include "queue/refusals.h"

#include <algorithm>

namespace posthaste {

void Refusals::begin_source(bool differ_by_domain) {
  is_source_stopped_ = false;
  differ_by_domain_ = differ_by_domain;
  flows_.clear();
}

bool Refusals::stop(const QueueName& queue) const {
  if (is_source_stopped_) return true;
  if (list_.empty()) return false;
  const std::string& tenant = queue.tenant.value();
  if (classes_.contains(queue.remote_queue) || tenants_.contains(tenant)) return true;
  if (campaigns_.empty() && flows_.empty()) return false;
  const Flow flow{tenant, queue.campaign.value()};
  return campaigns_.contains(flow) || flows_.contains({queue.remote_queue, flow});
}

void Refusals::add(const QueueName& queue, LimitRefusal refusal) {
  const std::string& tenant = queue.tenant.value();
  if (refusal.meter == nullptr) {
    if (!differ_by_domain_) flows_.insert({queue.remote_queue, {tenant, queue.campaign.value()}});
  } else if (refusal.meter->key().starts_with("queue/")) {
    classes_.insert(queue.remote_queue);
  } else if (refusal.meter->key().starts_with("tenant/")) {
    tenants_.insert(tenant);
  } else if (refusal.meter->key().starts_with("campaign/")) {
    campaigns_.insert({tenant, queue.campaign.value()});
  } else {
    is_source_stopped_ = true;
  }
  add(std::move(refusal));
}

void Refusals::add(LimitRefusal refusal) {
  const bool is_known = std::any_of(list_.begin(), list_.end(), [&](const LimitRefusal& known) {
    return known.meter == refusal.meter && (known.meter != nullptr || known.until <= refusal.until);
  });
  if (!is_known) list_.push_back(std::move(refusal));
}

}  // namespace posthaste
