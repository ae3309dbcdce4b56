#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "inbound/sender_check.h"
#include "mail/address.h"
#include "mail/message_sink.h"

namespace posthaste {

// One mail as it came to an inbound listener, octet by octet, with what is known of its sender.
struct InboundMail {
  ReceivedMessage message;
  SenderCheck check;
};
using SharedInboundMail = std::shared_ptr<const InboundMail>;

// What a handler says of an address.
struct AddressClaim {
  enum class Answer : std::uint8_t {
    not_mine,
    mine,
    forged,  // it pretends to be one of mine
  };
  Answer answer = Answer::not_mine;
  std::string why;  // of forged: the text of the reply, "what is wrong: what to do"
  // Of mine: a mail to several addresses whose desk is the same is taken once. "": for each.
  std::string desk;
};

enum class Taking : std::uint8_t {
  acted,    // what it meant is durable
  ignored,  // understood, and of no consequence: a delay, an answer, what nothing proves
  refused,
  busy,  // the sender is to try again
};
std::string_view to_string(Taking taking);

// What became of a mail.
struct HandlingOutcome {
  Taking taking = Taking::acted;
  std::string kind;    // what it was, for metrics: "bounce", "complaint", "report", …
  std::string reason;  // of refused and busy: "what is wrong: what to do", for the reply
};

// Who takes the mail of some addresses of an inbound listener. Owned by the wiring, outlives every
// session. Called on any loop; returns on the caller's.
class AddressHandler {
 public:
  virtual ~AddressHandler() = default;

  // At RCPT. Costs little, never waits.
  virtual AddressClaim claim(const MailAddress& address) const = 0;

  // After DATA, for an address that was claimed then; a reload may have taken it away since.
  // Success (acted) means that nothing of what it meant can be lost any more.
  virtual boost::asio::awaitable<HandlingOutcome> take(SharedInboundMail mail,
                                                       MailAddress recipient) = 0;
};

}  // namespace posthaste
