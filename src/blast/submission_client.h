#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/reply.h"

namespace posthaste {

enum class SubmissionTls { off, opportunistic, require };

// One message to hand to a server.
struct Submission {
  std::string host = "127.0.0.1";
  unsigned short port = 2525;
  SubmissionTls tls = SubmissionTls::opportunistic;
  std::string user;  // "": no AUTH
  std::string password;
  std::string sender;  // "": the null sender
  std::vector<std::string> recipients;
  std::string message;  // any line ends; they become CRLF
};

struct RefusedRecipient {
  std::string address;
  Reply reply;
};

// What the server said. `reply` is the last: that to the message, or the one that ended it.
struct SubmissionResult {
  bool is_accepted = false;
  Reply reply;
  std::vector<RefusedRecipient> refused;

  // The id in "queued as ID"; "" when the server names none.
  std::string message_id() const;
};

// Hands one message over by SMTP; blocks, for the verbs of the command line. An error means that
// the server could not be reached, or does not speak SMTP.
Result<SubmissionResult> submit(const Submission& submission, Clock& clock);

}  // namespace posthaste
