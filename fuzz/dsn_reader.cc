// A delivery-status part, whatever it holds, is read within bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/dsn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report =
      posthaste::read_delivery_status(std::string_view(reinterpret_cast<const char*>(data), size));
  if (report.recipients.size() > 1000) std::abort();
  return 0;
}
