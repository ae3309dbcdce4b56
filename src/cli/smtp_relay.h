#pragma once

#include <string>

namespace posthaste {

// `sendmail -bs`: the dialogue on two file descriptors is that of the server at HOST:PORT, until
// either side ends it. What cannot be had is said as SMTP says it, with 421 (RFC 5321 §3.8).
// Returns whether the server could be reached.
bool relay_smtp(const std::string& host, unsigned short port, int in, int out);

}  // namespace posthaste
