#include "report/trace.h"

#include <utility>

namespace posthaste {

Result<std::vector<Event>> trace_message(const Spool& spool, MessageId id) {
  const auto told = spool.told_of(id);
  if (!told) return told.error();
  std::vector<Event> events;
  for (const Spool::Told& one : *told) {
    auto event = Event::decode(one.record);
    if (!event) return event.error();
    event->event_id = std::to_string(one.sequence);
    events.push_back(std::move(*event));
  }
  return events;
}

}  // namespace posthaste
