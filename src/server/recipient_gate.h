#pragma once

#include "accept/recipient_check.h"
#include "route/suppressor.h"

namespace posthaste {

// Asks the suppression list about each RCPT, where it shall be refused. What holds for one stream
// only is not known before the message is there: Admission asks again.
class RecipientGate final : public RecipientCheck {
 public:
  explicit RecipientGate(Suppressor& suppressor) : suppressor_(suppressor) {}

  boost::asio::awaitable<std::optional<RecipientRefusal>> refusal(MailAddress address,
                                                                  TenantId tenant) override;

 private:
  Suppressor& suppressor_;
};

}  // namespace posthaste
