#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace posthaste {

enum class RejectionReason : std::uint8_t {
  syntax,    // not a command, or not its arguments
  sequence,  // a command at the wrong time
  line_end,  // a bare CR or LF, or a NUL
  relaying_denied,
  authentication,  // wrong credentials, or none where they are required
  tls_required,
  too_many_recipients,
  message_too_large,
  bad_message,  // headers or lines that cannot be passed on
  loop,
  suppressed,         // the recipient is on the suppression list
  unknown_recipient,  // at an inbound listener: no address of ours
  sender_rules,       // it breaks the rules of mailbox providers
  storage,            // disk or memory: the client shall try again
  early_talker,
  too_many_errors,
  too_many_connections,
  too_many_transactions,
  timeout,
  shutdown,
};
std::string_view to_string(RejectionReason reason);

// One refusal, as it was said to the client. The views live only during the call.
struct Rejection {
  RejectionReason reason = RejectionReason::syntax;
  WallTime time;
  std::string_view listener;
  std::string_view session_id;
  std::string_view peer_address;
  std::string_view helo;
  std::string_view user;
  std::string_view sender;     // of the transaction, "" if none
  std::string_view recipient;  // that was refused, "" if another thing was
  std::uint64_t size = 0;      // of the message, where that was refused
  std::uint32_t smtp_code = 0;
  std::string_view enhanced_status;
  std::string_view response;  // text after code and status
};

// Told of what happens at the listeners, for metrics and events. Called on every loop, many times
// a second: implementations are cheap and never wait.
class ReceptionObserver {
 public:
  virtual ~ReceptionObserver() = default;

  virtual void on_connection_opened(std::string_view listener) = 0;
  virtual void on_connection_closed(std::string_view listener) = 0;
  // The message is on disk and its 250 goes out next.
  virtual void on_message_received(std::string_view listener, std::uint64_t size) = 0;
  virtual void on_rejection(const Rejection& rejection) = 0;
};

}  // namespace posthaste
