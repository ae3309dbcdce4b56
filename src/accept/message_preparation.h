#pragma once

#include <optional>
#include <string>
#include <variant>

#include "accept/session_settings.h"
#include "accept/transaction.h"
#include "base/clock.h"
#include "mail/address.h"
#include "mail/message_sink.h"

namespace posthaste {

// A message that is ready to be signed and kept.
struct PreparedMessage {
  ReceivedMessage message;            // its body is not set yet
  std::string body;                   // the RFC 5322 octets
  std::optional<Domain> header_from;  // of the From field, where it can be read
};

struct Preparation {
  Transaction transaction;
  const SessionFacts& facts;
  const SessionSettings& settings;
  MessageId id;
  WallTime time;
};

// Makes of what a client sent the message that goes out:
// - in front: Received, Date and Message-ID where they are missing (RFC 6409 §8), and the fields of
//   unsubscription and feedback that are configured (route/sender_headers.h)
// - taken out: Bcc, Resent-Bcc, Return-Path, X-Posthaste-ID, and the fields that are meant for us,
//   which become tags: X-Tenant, X-Campaign, X-Stream, X-Tag-NAME. The tenant of an authenticated
//   user wins.
// - everything else stays octet by octet; at an inbound listener all of it does.
// Refused are messages in a loop, with a header that is too large, or with tags that cannot be.
std::variant<PreparedMessage, ReceptionOutcome> prepare_message(Preparation preparation);

}  // namespace posthaste
