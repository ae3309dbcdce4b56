#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "base/guarded.h"
#include "inbound/address_handler.h"
#include "inbound/unsubscriber.h"
#include "mail/address.h"
#include "platform/log.h"

namespace posthaste {

// Takes the mail that mailto links of List-Unsubscribe (RFC 2369 §3.2) send: to "u-…" at the
// domains of the unsubscribe blocks. The address proves who leaves; nothing else in the mail is
// believed.
class UnsubscribeHandler final : public AddressHandler {
 public:
  UnsubscribeHandler(Unsubscriber& unsubscriber, Log log)
      : unsubscriber_(unsubscriber), log_(std::move(log)) {}

  // Any thread.
  void set_domains(std::vector<Domain> domains);

  AddressClaim claim(const MailAddress& address) const override;
  boost::asio::awaitable<HandlingOutcome> take(SharedInboundMail mail,
                                               MailAddress recipient) override;

 private:
  Unsubscriber& unsubscriber_;
  Log log_;
  Guarded<std::shared_ptr<const std::vector<Domain>>> domains_{
      std::make_shared<const std::vector<Domain>>()};
};

}  // namespace posthaste
