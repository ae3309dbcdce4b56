#pragma once

#include <string>
#include <string_view>

#include "accept/transaction.h"
#include "base/clock.h"
#include "mail/envelope.h"
#include "mail/message_id.h"

namespace posthaste {

// RFC 3848, RFC 6531 §4.3: the "with" of a trace header: SMTP, ESMTP, ESMTPSA, UTF8SMTPSA, …
std::string transmission_type(const SessionFacts& facts, const Envelope& envelope);

struct TraceHeader {
  const SessionFacts& facts;
  const Envelope& envelope;
  std::string_view hostname;
  MessageId id;
  WallTime time;
};

// Appends the Received field of RFC 5321 §4.4, its CRLF included.
void append_received(const TraceHeader& trace, std::string& out);

}  // namespace posthaste
