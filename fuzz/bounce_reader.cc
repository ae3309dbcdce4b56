// A returned message, whatever it holds, is read within bounds, and no address is given up without
// a class that says so.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inbound/bounce/bounce_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  static const BounceReader kReader(ReplyClassifier::shipped());
  const ReturnedMail mail =
      kReader.read(std::string_view(reinterpret_cast<const char*>(data), size));
  if (mail.recipients.size() > 1000) std::abort();
  if (mail.kind == ReturnKind::other && !mail.recipients.empty()) std::abort();
  for (const ReturnedRecipient& one : mail.recipients) {
    if (one.diagnostic.size() > 4000) std::abort();
    if (one.hard && one.kind != ReturnKind::bounce) std::abort();
  }
  return 0;
}
