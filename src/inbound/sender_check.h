#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/clock.h"
#include "identity/authentication/authentication.h"
#include "identity/dkim/dkim_key_cache.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// What is known of who sent a mail that came in.
struct SenderCheck {
  // RFC 8601 §2.2: the value of an Authentication-Results field, on one line.
  std::string results;
  // The domain of its From vouches for it, by DMARC or by a signature.
  bool is_authentic = false;
  std::string from_domain;  // "" when there is not one From
};

// Whether what was found proves the domain of From: DMARC passes, or a signature of this domain or
// of one above it holds (RFC 9477 §3.5 asks for the same of a complaint).
bool is_authentic(const Authentication& found);

// Checks SPF, DKIM, DMARC and ARC of mail that comes in, within bounded time whatever DNS does:
// what has no answer when the time is over is a temporary error. Any loop.
class SenderChecker {
 public:
  struct Parts {
    Resolver& resolver;
    Clock& clock;
    std::string hostname;  // ours, who checks
    Clock::duration patience = std::chrono::seconds(20);
  };
  explicit SenderChecker(Parts parts) : parts_(std::move(parts)) {}

  boost::asio::awaitable<SenderCheck> check(IncomingMessage message);

 private:
  class HurriedResolver;

  Parts parts_;
  DkimKeyCache keys_;
};

}  // namespace posthaste
