// SNDS reports, CSV and JSON: no crash, and what is read is what it claims to be.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "reputation/snds_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rows = parse_snds_data(text);
  if (rows) {
    for (const SndsRow& row : *rows) {
      if (row.address.empty()) std::abort();
      const double rate = row.complaint_rate.value_or(0);
      if (!(rate >= 0 && rate <= 1)) std::abort();
    }
  }
  const auto ranges = parse_snds_status(text);
  if (ranges) {
    for (const SndsRange& range : *ranges) {
      if (!range.has(range.first) && range.has(range.last)) std::abort();
    }
  }
  return 0;
}
