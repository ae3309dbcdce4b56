// What is read as a return path of ours is one that we would have made.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/folded_address.h"
#include "mail/return_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  static const auto codec = *ReturnPathCodec::create({"an example of a key, 32 octets.."});
  const auto address =
      MailAddress::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!address) return 0;
  const auto token = codec.read(folded(*address).local());
  if (codec.read(address->local()).has_value() != token.has_value()) std::abort();
  if (!token) return 0;
  const LocalPart whole = codec.make(token->id);
  if (!token->names_recipient() && whole != folded(*address).local()) std::abort();
  if (codec.names(*token, *address) && !token->names_recipient()) std::abort();
  return 0;
}
