#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "accept/session_settings.h"
#include "accept/transaction.h"
#include "base/clock.h"
#include "mail/message_sink.h"

namespace posthaste {

// Turns a finished transaction into a message that can be sent on: trace header, missing fields,
// tags, signatures (message_preparation); what comes in at an inbound listener stays as it came.
// Hands it to the sink and says how that went. The answer 250 comes from here and from nowhere
// else. Any loop.
class Reception {
 public:
  // Both outlive the reception.
  Reception(Clock& clock, MessageSink& sink) : clock_(clock), sink_(sink) {}

  boost::asio::awaitable<ReceptionOutcome> receive(Transaction transaction, SessionFacts facts,
                                                   std::shared_ptr<const SessionSettings> settings);

 private:
  Clock& clock_;
  MessageSink& sink_;
};

}  // namespace posthaste
