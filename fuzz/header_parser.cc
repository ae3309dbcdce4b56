// The header of a message: fields lie inside it, in order, and what is made of their values stays
// within bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const MessageView view(message);
  std::size_t end = 0;
  for (const HeaderField& field : view.fields()) {
    if (field.begin != end || field.end <= field.begin || field.end > size) std::abort();
    end = field.end;
    if (decode_text(field.value, 64).size() > 64) std::abort();
    if (unfold(field.value).find('\n') != std::string::npos) std::abort();
    (void)addresses_of(field.value);
  }
  if (view.body_begin() > size || view.header().size() > size) std::abort();
  (void)longest_line(message);
  (void)has_eight_bit(message);
  return 0;
}
