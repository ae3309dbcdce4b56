#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "identity/arc/arc.h"
#include "identity/authentication_results.h"
#include "identity/dkim/dkim_key_cache.h"
#include "identity/dkim/dkim_verdict.h"
#include "identity/dmarc/dmarc.h"
#include "identity/spf/spf.h"
#include "mail/envelope.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// A message as it was received.
struct IncomingMessage {
  std::string client_address;  // "192.0.2.1", "2001:db8::1"
  std::string helo;            // as the client said it
  std::string mail_from;       // without angle brackets; "" is the null sender
  SharedBody message;          // lines end in CRLF; without what we add ourselves
};

// What it is judged with. All outlive the call; any number of calls may share them.
struct AuthenticationParts {
  Resolver& resolver;
  DkimKeyCache& keys;
  Clock& clock;
};

// Everything that is known of who sent a message.
struct Authentication {
  SpfVerdict spf;
  std::vector<DkimVerdict> dkim;  // one a signature, the topmost first
  DmarcVerdict dmarc;
  ArcVerdict arc;
  std::string header_from;  // the domain that DMARC is about; "" when there is not one From
};

// Checks SPF, DKIM, DMARC and ARC of a received message. `our_name` is the host that checks.
// Bounded in lookups and work, whatever the message and DNS hold.
//
//   const Authentication found = co_await authenticate(received, "mx.example.org", parts);
//   field = to_field_value(to_authentication_results(found, received, "mx.example.org"));
boost::asio::awaitable<Authentication> authenticate(IncomingMessage received, std::string our_name,
                                                    AuthenticationParts parts);

// The same in the words of RFC 8601.
AuthenticationResults to_authentication_results(const Authentication& found,
                                                const IncomingMessage& received,
                                                std::string_view authserv_id);

}  // namespace posthaste
