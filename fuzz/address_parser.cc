// An address that is accepted prints to a form that is accepted again, as the same address.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = MailAddress::parse(text)) {
    const auto again = MailAddress::parse(address->smtp_form());
    if (!again || *again != *address) std::abort();
    if (address->smtp_form().find_first_of("\r\n") != std::string::npos) std::abort();
  }
  if (const auto domain = Domain::parse(text)) {
    const auto again = Domain::parse(domain->ascii());
    if (!again || *again != *domain) std::abort();
    (void)domain->unicode();
  }
  (void)ReversePath::parse(text).has_value();
  return 0;
}
