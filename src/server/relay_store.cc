#include "server/relay_store.h"

#include <utility>

namespace posthaste {

RelayJournal::Store relay_store(Spool& spool) {
  RelayJournal::Store store;
  store.is_writable = [&spool] { return spool.is_accepting(); };
  store.write = [&spool](std::vector<Event> events, std::function<void()> applied) {
    SpoolChanges changes;
    changes.events = std::move(events);
    spool.write(std::move(changes), std::move(applied));
  };
  return store;
}

}  // namespace posthaste
