#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// What a report may weigh. Anybody may send one, so every step of reading it is bounded.
struct ArchiveLimits {
  std::size_t max_packed = 10U << 20U;
  std::size_t max_unpacked = 32U << 20U;  // all files together
  // Unpacked octets for one packed octet, beyond the first MiB. Reports reach 30 to 60; what is
  // made to exhaust its reader reaches 1,000.
  std::size_t max_ratio = 200;
  std::size_t max_files = 16;
};

enum class ReportContainer : std::uint8_t { plain, gzip, zip, mime };
std::string_view to_string(ReportContainer container);

// Octets and what their sender calls them; "" where it does not say.
struct LabelledOctets {
  std::string_view octets;
  std::string_view file_name;
  std::string_view media_type;  // "application/gzip", any case, without parameters
};

struct UnpackedReport {
  ReportContainer container = ReportContainer::plain;
  std::vector<std::string> files;
};

// Unpacks gzip and zip, by their first octets, as a stream and within `limits`; everything else
// is one plain file. Memory never exceeds the limits, whatever the archive claims. Errors: too
// large now or unpacked, truncated, damaged, encrypted, an archive within the archive, and a label
// that names one format where the octets are another (of file name and media type one must be
// right, where they name a format at all).
Result<UnpackedReport> unpack_report(const LabelledOctets& report,
                                     const ArchiveLimits& limits = {});

}  // namespace posthaste
