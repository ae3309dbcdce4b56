#include "queue/ready_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace posthaste {

ReadyQueue::Lane& ReadyQueue::lane(const QueueName& name, std::uint32_t priority) {
  const auto known = lanes_.find(name);
  if (known != lanes_.end()) return *known->second;
  Band& band = bands_[priority];
  band.push_back({name, priority, {}});
  lanes_.emplace(name, std::prev(band.end()));
  return band.back();
}

void ReadyQueue::push(QueuedMessage message, std::uint32_t priority) {
  Lane& target = lane(message.queue, priority);
  target.messages.push_back(std::move(message));
  ++size_;
}

void ReadyQueue::push_front(QueuedMessage message, std::uint32_t priority) {
  Lane& target = lane(message.queue, priority);
  target.messages.push_front(std::move(message));
  ++size_;
}

std::vector<QueuedMessage> ReadyQueue::take(std::size_t max, const Permit& may_start,
                                            const Permit& may_send) {
  std::vector<QueuedMessage> taken;
  std::string chosen;
  for (auto band = bands_.begin(); band != bands_.end() && taken.size() < max;) {
    Band& lanes = band->second;
    // Each lane once a round; a lane that gave a message goes behind the others.
    std::size_t idle = 0;
    while (taken.size() < max && idle < lanes.size()) {
      const auto turn = lanes.begin();
      const std::string& remote_queue = turn->name.remote_queue;
      const bool is_chosen = taken.empty() ? may_start(remote_queue) : remote_queue == chosen;
      if (!is_chosen || !may_send(remote_queue)) {
        ++idle;
        lanes.splice(lanes.end(), lanes, turn);
        continue;
      }
      idle = 0;
      chosen = remote_queue;
      taken.push_back(std::move(turn->messages.front()));
      turn->messages.pop_front();
      --size_;
      if (turn->messages.empty()) {
        lanes_.erase(turn->name);
        lanes.erase(turn);
      } else {
        lanes.splice(lanes.end(), lanes, turn);
      }
    }
    band = lanes.empty() ? bands_.erase(band) : std::next(band);
  }
  return taken;
}

std::vector<QueuedMessage> ReadyQueue::take_lane(Band::iterator lane) {
  std::vector<QueuedMessage> taken(std::move_iterator(lane->messages.begin()),
                                   std::move_iterator(lane->messages.end()));
  size_ -= taken.size();
  const auto band = bands_.find(lane->priority);
  lanes_.erase(lane->name);
  band->second.erase(lane);
  if (band->second.empty()) bands_.erase(band);
  return taken;
}

std::vector<QueuedMessage> ReadyQueue::take_queue(const QueueName& name) {
  const auto known = lanes_.find(name);
  if (known == lanes_.end()) return {};
  return take_lane(known->second);
}

std::vector<QueuedMessage> ReadyQueue::take_all() {
  std::vector<QueuedMessage> taken;
  while (!lanes_.empty()) {
    auto lane = take_lane(lanes_.begin()->second);
    taken.insert(taken.end(), std::move_iterator(lane.begin()), std::move_iterator(lane.end()));
  }
  return taken;
}

std::vector<std::string> ReadyQueue::remote_queues() const {
  std::vector<std::string> names;
  for (const auto& [priority, band] : bands_) {
    for (const Lane& lane : band) {
      if (std::find(names.begin(), names.end(), lane.name.remote_queue) == names.end()) {
        names.push_back(lane.name.remote_queue);
      }
    }
  }
  return names;
}

}  // namespace posthaste
