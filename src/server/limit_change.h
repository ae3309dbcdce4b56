#pragma once

#include "base/clock.h"
#include "platform/log.h"
#include "report/limit_history.h"
#include "shape/governor.h"
#include "spool/spool.h"

namespace posthaste {

// Where a change of a limit is told.
struct LimitChangeReaders {
  Clock& clock;
  LimitHistory& history;
  Spool& spool;
  Log& log;
};

// Tells that the closed loop, a rule, a warm-up or an operator has moved a limit: as an event, in
// the history of limits, and in the log, where a hold is a warning.
void tell_limit_change(const ShapingChange& change, LimitChangeReaders readers);

}  // namespace posthaste
