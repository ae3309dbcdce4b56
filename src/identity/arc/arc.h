#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/authentication_results.h"
#include "identity/dkim/dkim_key.h"
#include "identity/dkim/dkim_verifier.h"
#include "mail/envelope.h"

namespace posthaste {

enum class ArcResult : std::uint8_t { none, pass, fail };  // RFC 8617 §4.4
std::string_view to_string(ArcResult result);

struct ArcVerdict {
  ArcResult result = ArcResult::none;
  std::string problem;               // of a fail: which instance, which field, what is wrong
  int instances = 0;                 // ARC sets in the message
  int oldest_pass = 0;               // RFC 8617 §5.2: 0 if none, or all pass
  std::vector<std::string> domains;  // "d=" of each seal, by instance
};

// Validates the chain (RFC 8617 §5.2). `keys` outlives the call. Requires: lines end in CRLF.
boost::asio::awaitable<ArcVerdict> verify_arc(SharedBody message, WallTime now,
                                              DkimKeySource& keys);

// Who seals.
struct ArcSealer {
  DkimPrivateKey key;
  std::string domain;
  std::string selector;
  std::vector<std::string> headers;  // to sign, lower case; empty: the defaults of DKIM signing
};

// The three fields of the next set, to stand before the message (RFC 8617 §5.1); "" when the chain
// has failed before, or has 50 sets. `chain` is what verify_arc() said of the message as it came.
Result<std::string> make_arc_set(std::string_view message, const ArcSealer& sealer,
                                 const ArcVerdict& chain, const AuthenticationResults& results,
                                 WallTime now);

}  // namespace posthaste
