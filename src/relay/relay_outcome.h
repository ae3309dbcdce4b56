#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mail/reply.h"

namespace posthaste {

// What became of a transaction that was passed on, or of one recipient of it: the next server's
// word, and what was seen of the message.
struct RelayOutcome {
  bool is_taken = false;  // the next server has taken the message for all of `recipients`
  std::string sender;     // as the client wrote it, without angle brackets
  std::vector<std::string> recipients;  // those that `reply` is about; none: MAIL was refused
  Reply reply;
  std::uint64_t size = 0;  // of the content, in octets
  std::string header;      // of the message; what was kept of it
};

}  // namespace posthaste
