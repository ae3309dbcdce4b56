// Any octets make a MIME tree, within its limits, whose parts lie inside the message or are no
// longer than it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/mime.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const posthaste::MimeLimits limits;
  const posthaste::MimeMessage mime(std::string_view(reinterpret_cast<const char*>(data), size));
  if (mime.parts().empty() || mime.parts().size() > limits.max_parts) std::abort();
  for (std::size_t i = 0; i < mime.parts().size(); ++i) {
    const posthaste::MimePart& part = mime.parts()[i];
    if (part.depth > limits.max_depth || part.content.size() > size) std::abort();
    if (i > 0 && part.parent >= i) std::abort();
    if (part.decoded().size() > size || part.text(65536).size() > 3 * 65536) std::abort();
  }
  return 0;
}
