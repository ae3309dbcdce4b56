#pragma once

#include <cstddef>
#include <cstdint>

namespace posthaste {

// What is kept of the reports of one mail. Anybody may send them, and a few octets of an archive
// become hundreds in memory.

// Records, policies and failures, and what stands in the lists below them.
constexpr std::size_t kMaxReportRows = 200'000;
// Of one such list the rest is dropped: signatures that were looked at, reasons, hosts.
constexpr std::size_t kMaxReportList = 100;
// Messages or sessions of one row: none has more, and the sum of all rows of a mail still fits.
constexpr std::uint64_t kMaxReportCount = 1ULL << 40U;

}  // namespace posthaste
