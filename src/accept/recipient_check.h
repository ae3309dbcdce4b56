#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "mail/address.h"
#include "mail/envelope.h"

namespace posthaste {

// Who knows which recipients get no mail, whatever it is.
class RecipientCheck {
 public:
  virtual ~RecipientCheck() = default;

  // Nothing, or why mail to the address is refused: the text of the reply. Called on any loop;
  // returns on the caller's, nearly always at once.
  virtual boost::asio::awaitable<std::optional<std::string>> refusal(MailAddress address,
                                                                     TenantId tenant) = 0;
};

}  // namespace posthaste
