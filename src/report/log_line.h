#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "event/event.h"

namespace posthaste {

// What a line of an event log says of the event that it tells: enough to know
// it again.
struct LogLine {
  std::uint64_t sequence = 0;  // its event_id
  WallTime time;
  std::string type;
  std::string message_id;

  // None when the line tells of no event, as one that a power cut or an
  // operator left.
  static std::optional<LogLine> parse(const std::string& line);

  // The sequence is not compared: a new spool gives the same ones to other
  // events.
  bool tells(const Event& event) const;
};

}  // namespace posthaste
