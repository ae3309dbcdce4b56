#pragma once

#include <cstdint>
#include <string>

#include "accept/reception_observer.h"
#include "mail/envelope.h"

namespace posthaste {

// One mail transaction, complete: what MAIL, RCPT and DATA said.
struct Transaction {
  Envelope envelope;
  std::string content;  // RFC 5322 octets, lines end in CRLF, dots unstuffed
};

// Who sent it and over what, for the trace header and for events.
struct SessionFacts {
  std::string session_id;
  std::string listener;
  std::string peer_address;
  std::string helo;
  bool is_esmtp = false;
  std::string user;  // "" if not authenticated
  TenantId tenant;   // of the user
  std::string tls_version;
  std::string tls_cipher;
};

// What reception made of a transaction, as the client will read it.
struct ReceptionOutcome {
  bool is_accepted = false;
  std::uint32_t code = 0;
  std::string enhanced_status;
  std::string text;
  std::uint64_t size = 0;                                 // of the message as kept
  RejectionReason reason = RejectionReason::bad_message;  // when not accepted
};

}  // namespace posthaste
