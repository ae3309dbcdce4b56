#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "event/event.h"

namespace posthaste {

// The latest changes of limits, as events, so that people see them beside the mail that they held
// back. Holds 10,000; a restart begins anew, the log has them all. Any thread.
class LimitHistory {
 public:
  static constexpr std::size_t kMost = 10'000;

  void add(Event event);

  // Those that bore on the attempts among a message's events: of the same source to the same
  // provider or site, from its acceptance until it ended, or until now when it waits.
  std::vector<Event> bearing_on(const std::vector<Event>& message) const;
  // The latest towards a provider, or a site that is nobody's; the last comes first.
  std::vector<Event> towards(const std::string& provider, const std::string& site,
                             std::size_t max) const;

 private:
  Guarded<std::deque<Event>> events_;
};

// Both in the order of their times; `message` is in order already.
std::vector<Event> with_changes(std::vector<Event> message, std::vector<Event> changes);

}  // namespace posthaste
