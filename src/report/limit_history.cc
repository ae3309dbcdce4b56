#include "report/limit_history.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace posthaste {
namespace {

bool is_same_way(const Event& change, const Event& attempt) {
  const bool is_source = change.source.empty() || change.source == attempt.source;
  const bool is_place =
      change.provider.empty() ? change.site == attempt.site : change.provider == attempt.provider;
  return is_source && is_place;
}

bool ends_a_message(EventType type) {
  return type == EventType::delivery || type == EventType::bounce ||
         type == EventType::expiration || type == EventType::admin_bounce;
}

}  // namespace

void LimitHistory::add(Event event) {
  events_.with([&](auto& events) {
    if (events.size() >= kMost) events.pop_front();
    events.push_back(std::move(event));
  });
}

std::vector<Event> LimitHistory::bearing_on(const std::vector<Event>& message) const {
  if (message.empty()) return {};
  const WallTime begin = message.front().time;
  const bool has_ended = ends_a_message(message.back().type);
  const WallTime end = has_ended ? message.back().time : WallTime::max();
  return events_.with([&](const auto& events) {
    std::vector<Event> found;
    std::copy_if(events.begin(), events.end(), std::back_inserter(found), [&](const Event& one) {
      return begin <= one.time && one.time <= end &&
             std::any_of(message.begin(), message.end(), [&](const Event& attempt) {
               return !attempt.source.empty() && is_same_way(one, attempt);
             });
    });
    return found;
  });
}

std::vector<Event> LimitHistory::towards(const std::string& provider, const std::string& site,
                                         std::size_t max) const {
  return events_.with([&](const auto& events) {
    std::vector<Event> found;
    for (auto one = events.rbegin(); one != events.rend() && found.size() < max; ++one) {
      const bool is_meant =
          one->provider.empty() ? !site.empty() && one->site == site : one->provider == provider;
      if (is_meant) found.push_back(*one);
    }
    return found;
  });
}

std::vector<Event> with_changes(std::vector<Event> message, std::vector<Event> changes) {
  std::vector<Event> all;
  all.reserve(message.size() + changes.size());
  std::merge(std::move_iterator(message.begin()), std::move_iterator(message.end()),
             std::move_iterator(changes.begin()), std::move_iterator(changes.end()),
             std::back_inserter(all),
             [](const Event& a, const Event& b) { return a.time < b.time; });
  return all;
}

}  // namespace posthaste
