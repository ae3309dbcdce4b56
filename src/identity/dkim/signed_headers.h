#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "identity/dkim/dkim_canonical.h"

namespace posthaste {

// What RFC 6376 §5.4.1 recommends to sign, with what mailbox providers ask for since.
const std::vector<std::string>& default_signed_headers();

// Signed wherever they stand, whatever a list of names says: a link to unsubscribe (RFC 8058 §4),
// an address for complaints (RFC 9477 §3.1.4) and an id by which they are known are worth nothing
// to a receiver unless a signature covers them.
const std::vector<std::string>& always_signed_headers();

// Whether From, which is signed always, stands first and is oversigned whatever the list says.
enum class OversignFrom : std::uint8_t { yes, as_listed };

// Which header fields a signature covers. A name covers every field of that name in the message;
// one that is given twice is oversigned: adding another such field breaks the signature.
class SignedHeaders {
 public:
  // Names in any case.
  SignedHeaders(const std::vector<std::string>& names, OversignFrom from);

  struct Signed {
    std::vector<std::string_view> names;  // of "h="; they live as long as the SignedHeaders
    std::string text;                     // the canonical fields
  };
  Signed collect(Canonicalization form, const std::vector<DkimField>& fields) const;

 private:
  struct Rule {
    std::string name;  // lower case
    bool oversign = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace posthaste
