#include "server/limit_change.h"

namespace posthaste {

void tell_limit_change(const ShapingChange& change, LimitChangeReaders readers) {
  Event event;
  event.type = EventType::limit_changed;
  event.time = readers.clock.wall();
  event.source = change.source;
  event.site = change.site;
  event.provider = change.provider;
  event.tenant = change.tenant;
  event.campaign = change.campaign;
  event.response = change.what;
  readers.history.add(event);
  readers.spool.tell(event);
  // A hold ends only when somebody looks.
  const bool is_alert = change.what.starts_with("held ") ||
                        change.what.starts_with("warm-up amber") ||
                        change.what.starts_with("warm-up red");
  const auto to = change.provider.empty() ? change.site : change.provider;
  const auto fields = {LogField{"source", change.source}, LogField{"provider", to},
                       LogField{"what", change.what}};
  if (is_alert) {
    readers.log.warning("limit changed", fields);
  } else {
    readers.log.info("limit changed", fields);
  }
}

}  // namespace posthaste
