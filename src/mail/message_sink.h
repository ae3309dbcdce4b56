#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "mail/envelope.h"
#include "mail/header_form.h"
#include "mail/message_id.h"

namespace posthaste {

// How a message came in.
struct Arrival {
  WallTime time;
  std::string listener;
  std::string peer_address;
  std::string helo;
  std::string protocol;  // RFC 3848: "ESMTPSA"; "HTTP"
  std::string user;      // authenticated as; "" if not
  std::string session_id;
  std::string tls_version;
  std::string tls_cipher;
};

// What events tell of the content.
struct HeaderFacts {
  std::string header_from;  // address only
  std::string subject;      // decoded, at most 256 octets
};

struct ReceivedMessage {
  MessageId id;
  Envelope envelope;
  SharedBody body;
  Tags tags;
  Arrival arrival;
  HeaderFacts facts;
  std::vector<std::string> dkim_domains;  // that we signed for
  HeaderForm form;
  ListHeaders list_headers = ListHeaders::none;
  bool lacks_cfbl_signature = false;  // CFBL-Address was left out: nothing signs for its domain
};

// Who takes received mail: the queue for submissions, the mailroom (src/inbound) for what
// comes back.
class MessageSink {
 public:
  virtual ~MessageSink() = default;

  // Success means the promise can be given: the message is on disk and synced. An error means it
  // was not kept at all; MailErrc::suppressed, that nobody may get it; MailErrc::against_rules,
  // that it is not taken as it is, with what to change in lines of `detail`. Called on any loop;
  // returns on the caller's.
  virtual boost::asio::awaitable<Result<void>> take(ReceivedMessage message) = 0;

  // False when a take() now would surely fail (disk full, memory spent, shutting down), so that
  // a session can refuse before it reads the data. Any thread; costs nothing.
  virtual bool is_accepting() const = 0;
};

}  // namespace posthaste
