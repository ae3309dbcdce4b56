// A file, whatever it holds, is unpacked within its limits and read as a DMARC report or refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inbound/report/report_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  posthaste::ArchiveLimits limits;
  limits.max_unpacked = 1U << 20U;
  posthaste::UnpackBudget budget(limits);
  auto unpacked = posthaste::unpack_report({octets, {}, {}}, budget);
  if (!unpacked) {
    if (unpacked.error().message().empty()) std::abort();
    return 0;
  }
  std::size_t sum = 0;
  for (const auto& file : unpacked->files) {
    sum += file.size();
    auto report = posthaste::read_dmarc_report(file);
    if (!report && report.error().message().empty()) std::abort();
    if (!report) continue;
    if (report->messages_aligned() > report->messages()) std::abort();
    if (posthaste::dump_report_json(posthaste::to_json(*report)).empty()) std::abort();
  }
  if (sum > limits.max_unpacked) std::abort();
  return 0;
}
