#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// What the reports of one mail may weigh, all together. Anybody may send one, so every step of
// reading it is bounded.
struct ArchiveLimits {
  std::size_t max_packed = 10U << 20U;
  std::size_t max_unpacked = 32U << 20U;
  // Unpacked octets for one packed octet, beyond the first MiB. Reports reach 30 to 60; what is
  // made to exhaust its reader reaches 1,000.
  std::size_t max_ratio = 200;
  std::size_t max_files = 64;
};

// How much of its limits a mail has used. What is too large stays so: all that comes after it is
// refused as well.
class UnpackBudget {
 public:
  explicit UnpackBudget(const ArchiveLimits& limits = {}) : limits_(limits) {}

  Result<void> add_packed(std::size_t octets);
  Result<void> add_unpacked(std::size_t octets);
  Result<void> add_file();

 private:
  ArchiveLimits limits_;
  std::size_t packed_ = 0;
  std::size_t unpacked_ = 0;
  std::size_t files_ = 0;
};

enum class ReportContainer : std::uint8_t { plain, gzip, zip, mime };
std::string_view to_string(ReportContainer container);

// What a file name or a media type says that octets are; nothing where it names no container of
// reports.
std::optional<ReportContainer> container_named(std::string_view file_name);
std::optional<ReportContainer> container_typed(std::string_view media_type);

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

// Unpacks gzip and zip, by their first octets, as a stream and within what is left of `budget`;
// everything else is one plain file. Memory never exceeds the limits, whatever the archive claims.
// Errors: too large now or unpacked, truncated, damaged, encrypted, an archive within the archive,
// and a label that names one format where the octets are another (of file name and media type one
// must be right, where they name a format at all).
Result<UnpackedReport> unpack_report(const LabelledOctets& report, UnpackBudget& budget);

}  // namespace posthaste
