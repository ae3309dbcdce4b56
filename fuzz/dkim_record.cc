// Key records: any text is a key, no key, or a key that does not suit; never more.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "identity/dkim/published_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto published = read_published_key(text);
  if (published->key && !published->record) std::abort();
  if (published->record) {
    (void)unsuitable(*published->record, DkimAlgorithm::rsa_sha256);
    if (published->record->public_octets.size() > size) std::abort();
  }
  if (published->key && published->key->verifies("data", std::string(256, 'x'))) std::abort();
  std::string joined;
  for (const std::string& part : split_txt(text)) joined += part;
  if (joined != text) std::abort();
  return 0;
}
