#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "inbound/address_handler.h"
#include "inbound/sender_check.h"
#include "mail/message_sink.h"
#include "platform/metrics.h"

namespace posthaste {

// Where the mail of inbound listeners is sorted: each address belongs to the first handler that
// claims it, and nobody else's mail comes in. A message is checked for who sent it, once, and then
// given to the handler of each of its recipients; one that is to come again makes all of it come
// again, for what is done twice does no harm.
//
// Any loop.
class Mailroom final : public MessageSink {
 public:
  struct Parts {
    Metrics& metrics;
    SenderChecker& checker;
    std::function<bool()> is_accepting;  // what handlers write to
    std::vector<AddressHandler*> handlers;
  };
  explicit Mailroom(Parts parts) : parts_(std::move(parts)) {}

  // Nothing, or why mail to the address is refused: the text of the reply.
  std::optional<std::string> refusal(const MailAddress& address) const;

  boost::asio::awaitable<Result<void>> take(ReceivedMessage message) override;
  bool is_accepting() const override { return parts_.is_accepting(); }

 private:
  struct Place {
    AddressHandler* handler = nullptr;  // null: nobody claims the address
    std::string desk;
  };
  Place place_of(const MailAddress& address) const;
  void count(const HandlingOutcome& outcome);

  Parts parts_;
};

}  // namespace posthaste
