#pragma once

#include "mail/address.h"

namespace posthaste {

// An address for comparing: the ASCII letters of its local part in lower case. RFC 5321 §2.4 lets a
// host tell cases apart; none of the large ones does. "user+tag" stays what it is, for that is
// another mailbox at many hosts.
MailAddress folded(const MailAddress& address);

}  // namespace posthaste
