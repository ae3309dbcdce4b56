#include "mail/folded_address.h"

#include <string>
#include <utility>

namespace posthaste {

MailAddress folded(const MailAddress& address) {
  std::string form = address.local().smtp_form();
  bool is_folded = true;
  for (char& c : form) {
    if (c < 'A' || c > 'Z') continue;
    c = static_cast<char>(c - 'A' + 'a');
    is_folded = false;
  }
  if (is_folded) return address;
  auto local = LocalPart::parse(form);
  return local ? MailAddress(std::move(*local), address.domain()) : address;
}

}  // namespace posthaste
