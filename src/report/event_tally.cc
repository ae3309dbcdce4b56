#include "report/event_tally.h"

#include <algorithm>

namespace posthaste {
namespace {

constexpr std::size_t kMaxText = 300;

std::string or_default(const std::string& name) {
  return name.empty() ? "default" : name;
}

std::string failure_text(const Event& event) {
  std::string text(event.response.empty() ? to_string(event.classification) : event.response);
  if (text.size() > kMaxText) text.resize(kMaxText);
  return text;
}

void add(OutcomeCounts& counts, const Event& event) {
  if (event.type == EventType::delivery) {
    ++counts.delivered;
    return;
  }
  ++(event.type == EventType::transient_failure ? counts.deferred : counts.failed);
  counts.last_failure = failure_text(event);
}

}  // namespace

void EventTally::count(const Event& event) {
  ++events_;
  switch (event.type) {
    case EventType::reception:
      ++received_;
      break;
    case EventType::rejection:
      ++rejected_;
      break;
    case EventType::delivery:
    case EventType::transient_failure:
    case EventType::bounce:
    case EventType::expiration:
    case EventType::admin_bounce:
      add(total_, event);
      add(providers_[or_default(event.provider)], event);
      add(sources_[or_default(event.source)], event);
      if (!event.queue.empty()) add(find_or_make(event).counts, event);
      break;
    default:
      break;
  }
}

EventTally::Queue& EventTally::find_or_make(const Event& event) {
  auto found = queues_.find(event.queue);
  if (found == queues_.end()) {
    if (queues_.size() >= max_queues_) forget_oldest();
    Queue made{{}, event.queue, event.tenant, event.campaign, event.recipient_domain};
    found = queues_.emplace(event.queue, std::move(made)).first;
  }
  found->second.last_event = events_;
  return found->second;
}

// Half of them at once, so that one event in thousands pays for it.
void EventTally::forget_oldest() {
  std::vector<std::uint64_t> ages;
  ages.reserve(queues_.size());
  for (const auto& [name, queue] : queues_) ages.push_back(queue.last_event);
  const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
  std::nth_element(ages.begin(), middle, ages.end());
  std::erase_if(queues_, [&](const auto& one) { return one.second.last_event <= *middle; });
}

const EventTally::Queue* EventTally::queue(const std::string& name) const {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : &found->second;
}

std::vector<const EventTally::Queue*> EventTally::busiest(std::size_t max) const {
  std::vector<const Queue*> all;
  all.reserve(queues_.size());
  for (const auto& [name, queue] : queues_) all.push_back(&queue);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(max, all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](const Queue* a, const Queue* b) {
    const std::uint64_t of_a = a->counts.all();
    const std::uint64_t of_b = b->counts.all();
    return of_a != of_b ? of_a > of_b : a->name < b->name;
  });
  all.erase(end, all.end());
  return all;
}

}  // namespace posthaste
