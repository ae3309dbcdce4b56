#include "queue/ready_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace posthaste {

ReadyQueue::Lane& ReadyQueue::lane(const QueuedMessage& message, const Turn& turn) {
  const LaneName name{message.queue, message.wish};
  const auto known = lanes_.find(name);
  if (known != lanes_.end()) return *known->second;
  auto& tenant = bands_[turn.priority].enter(name.queue.tenant.value(), turn.tenant_weight);
  auto& campaign = tenant.member.campaigns.enter(name.queue.campaign.value(), turn.campaign_weight);
  auto& lanes = campaign.member.lanes;
  lanes.push_back({name, turn.priority, {}});
  lanes_.emplace(name, std::prev(lanes.end()));
  return lanes.back();
}

void ReadyQueue::count(const std::string& remote_queue, std::ptrdiff_t change) {
  auto& number = remote_queues_[remote_queue];
  number = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(number) + change);
  if (number == 0) remote_queues_.erase(remote_queue);
  size_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(size_) + change);
}

void ReadyQueue::push(QueuedMessage message, const Turn& turn) {
  count(message.queue.remote_queue, 1);
  Lane& target = lane(message, turn);
  target.messages.push_back(std::move(message));
}

void ReadyQueue::push_front(QueuedMessage message, const Turn& turn) {
  count(message.queue.remote_queue, 1);
  Lane& target = lane(message, turn);
  target.messages.push_front(std::move(message));
}

void ReadyQueue::drop_if_empty(std::uint32_t priority, const std::string& tenant_id,
                               const std::string& campaign_id) {
  const auto band = bands_.find(priority);
  auto* const tenant = band->second.find(tenant_id);
  auto& campaigns = tenant->member.campaigns;
  auto* const campaign = campaigns.find(campaign_id);
  if (!campaign->member.lanes.empty()) return;
  campaigns.leave(*campaign);
  if (campaigns.empty()) band->second.leave(*tenant);
  if (band->second.empty()) bands_.erase(band);
}

bool ReadyQueue::take_one(FairTurns<Tenant>::Entry& tenant, const Permit& may_send,
                          std::vector<QueuedMessage>& taken) {
  FairTurns<Campaign>& campaigns = tenant.member.campaigns;
  auto* const campaign = campaigns.find_first([&](FairTurns<Campaign>::Entry& one) {
    std::list<Lane>& lanes = one.member.lanes;
    // Each lane once; the one that gives a message goes behind the others.
    for (auto turn = lanes.begin(); turn != lanes.end(); ++turn) {
      if (!may_send(turn->name)) continue;
      taken.push_back(std::move(turn->messages.front()));
      turn->messages.pop_front();
      if (turn->messages.empty()) {
        lanes_.erase(turn->name);
        lanes.erase(turn);
      } else {
        lanes.splice(lanes.end(), lanes, turn);
      }
      return true;
    }
    return false;
  });
  if (campaign != nullptr) campaigns.charge(*campaign);
  return campaign != nullptr;
}

bool ReadyQueue::take_one(Band& band, const Permit& may_send, std::vector<QueuedMessage>& taken) {
  auto* const tenant = band.find_first([&](FairTurns<Tenant>::Entry& one) {
    if (one.member.refused_in == calls_) return false;
    if (take_one(one, may_send, taken)) return true;
    one.member.refused_in = calls_;
    return false;
  });
  if (tenant != nullptr) band.charge(*tenant);
  return tenant != nullptr;
}

std::vector<QueuedMessage> ReadyQueue::take(std::size_t max, const Permit& may_send) {
  std::vector<QueuedMessage> taken;
  ++calls_;
  for (auto band = bands_.begin(); band != bands_.end() && taken.size() < max;) {
    const auto next = std::next(band);
    const std::uint32_t priority = band->first;
    bool is_band_there = true;
    while (taken.size() < max && is_band_there && take_one(band->second, may_send, taken)) {
      const QueueName& queue = taken.back().queue;
      count(queue.remote_queue, -1);
      drop_if_empty(priority, queue.tenant.value(), queue.campaign.value());
      is_band_there = bands_.contains(priority);
    }
    band = next;
  }
  return taken;
}

bool ReadyQueue::any(const Permit& permit) const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](const auto& one) { return permit(one.first); });
}

std::vector<QueuedMessage> ReadyQueue::take_lane(const LaneName& name) {
  const auto known = lanes_.find(name);
  const auto lane = known->second;
  std::vector<QueuedMessage> taken(std::move_iterator(lane->messages.begin()),
                                   std::move_iterator(lane->messages.end()));
  count(name.queue.remote_queue, -static_cast<std::ptrdiff_t>(taken.size()));
  const QueueName queue = name.queue;
  const std::uint32_t priority = lane->priority;
  auto* const tenant = bands_.at(priority).find(queue.tenant.value());
  auto* const campaign = tenant->member.campaigns.find(queue.campaign.value());
  lanes_.erase(known);
  campaign->member.lanes.erase(lane);
  drop_if_empty(priority, queue.tenant.value(), queue.campaign.value());
  return taken;
}

std::vector<QueuedMessage> ReadyQueue::take_queues(
    const std::function<bool(const QueueName&)>& is_chosen) {
  std::vector<LaneName> chosen;
  for (const auto& [name, lane] : lanes_) {
    if (is_chosen(name.queue)) chosen.push_back(name);
  }
  std::vector<QueuedMessage> taken;
  for (const LaneName& name : chosen) {
    auto messages = take_lane(name);
    taken.insert(taken.end(), std::move_iterator(messages.begin()),
                 std::move_iterator(messages.end()));
  }
  return taken;
}

std::vector<QueuedMessage> ReadyQueue::take_all() {
  return take_queues([](const QueueName&) { return true; });
}

}  // namespace posthaste
