#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "accept/reception_observer.h"
#include "mail/address.h"
#include "mail/envelope.h"

namespace posthaste {

// Why a recipient is refused, with 550 5.1.1.
struct RecipientRefusal {
  std::string text;  // of the reply
  RejectionReason reason = RejectionReason::suppressed;
};

// Who knows which recipients get no mail, whatever it is.
class RecipientCheck {
 public:
  virtual ~RecipientCheck() = default;

  // Nothing, or why mail to the address is refused. Called on any loop; returns on the caller's,
  // nearly always at once.
  virtual boost::asio::awaitable<std::optional<RecipientRefusal>> refusal(MailAddress address,
                                                                          TenantId tenant) = 0;
};

}  // namespace posthaste
