#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "event/event.h"
#include "mail/message_id.h"
#include "spool/spool.h"

namespace posthaste {

// Every event of one message, from acceptance to its end. Blocks: for a BlockingPool.
Result<std::vector<Event>> trace_message(const Spool& spool, MessageId id);

}  // namespace posthaste
