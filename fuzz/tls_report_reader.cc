// A text, whatever it holds, is read as a TLS report or refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inbound/report/report_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  auto report = posthaste::read_tls_report(octets);
  if (!report) {
    if (report.error().message().empty()) std::abort();
    return 0;
  }
  if (posthaste::dump_report_json(posthaste::to_json(*report)).empty()) std::abort();
  return 0;
}
