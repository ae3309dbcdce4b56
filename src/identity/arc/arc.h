#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
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
  std::string problem;  // of a fail: which instance, which field, what is wrong
  int instances = 0;    // the highest instance in the message
  int oldest_pass = 0;  // RFC 8617 §5.2: the first set whose message signature still holds, if it
                        // is not the first of all and the chain passes; else 0
  std::vector<std::string> domains;   // "d=" of each seal, by instance
  bool has_ended = false;             // the newest seal says cv=fail: nothing may be added to it
  bool is_temporary_failure = false;  // a key could not be looked up: judge again later
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
// has ended or has 50 sets. `chain` is what verify_arc() said of the message as it came; the
// message may have been changed since, its ARC fields apart. Requires: lines end in CRLF.
Result<std::string> make_arc_set(std::string_view message, const ArcSealer& sealer,
                                 const ArcVerdict& chain, const AuthenticationResults& results,
                                 WallTime now);

// What the Authentication-Results fields of a message say that carry our name, in one (RFC 8617
// §5.1); fields of others and malformed ones are passed over.
AuthenticationResults collect_authentication_results(std::string_view message,
                                                     std::string_view authserv_id);
// What such results say of the chain: how it was at arrival, which counts when the message was
// changed since. Nothing when they do not mention ARC.
std::optional<ArcResult> recorded_arc_result(const AuthenticationResults& results);

}  // namespace posthaste
