#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "report/report_config.h"
#include "spool/spool.h"

namespace posthaste {

// Where a log goes on.
struct LogPlace {
  std::uint64_t sequence = 0;     // the last event that the log tells
  std::size_t unknown_lines = 0;  // lines at its end that tell of events the spool does not have
};

// Finds the place of a log whose cursor in the spool stands at `saved`. The
// files may be ahead of it, by what was written before a crash. A line counts
// only when the spool has the very event: a power cut may have taken the end of
// the spool, and a new spool counts from one, and then other events have the
// numbers that the lines name. Blocks.
LogPlace find_log_place(const Spool& spool, const LogConfig& config, std::uint64_t saved);

}  // namespace posthaste
