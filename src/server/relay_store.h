#pragma once

#include "relay/relay_journal.h"
#include "spool/spool.h"

namespace posthaste {

// The outbox as the place where analytics relays write: their events ride along with the next
// commit, and stay out of a spool that is full or failing, whose last room is mail's.
// Requires: `spool` outlives what it returns.
RelayJournal::Store relay_store(Spool& spool);

}  // namespace posthaste
