#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// RFC 7208 §2.6
enum class SpfResult : std::uint8_t {
  none,
  neutral,
  pass,
  fail,
  softfail,
  temperror,
  permerror,
};
std::string_view to_string(SpfResult result);

// Who sends, as SMTP tells it.
struct SpfQuery {
  std::string address;    // of the client: "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"
  std::string helo;       // as the client said it; may be anything
  std::string mail_from;  // without angle brackets; "" is the null sender: HELO is checked
  std::string receiver = "unknown";  // our host name, for the macro %{r}
  std::optional<WallTime> time;      // for the macro %{t}; none: the clock's
};

struct SpfVerdict {
  SpfResult result = SpfResult::none;
  std::string domain;       // whose record was asked; "" if none could be
  bool is_of_helo = false;  // the identity that was checked: HELO, else MAIL FROM
  std::string mechanism;    // the term that matched, as it stands in the record; "" is the default
  std::string explanation;  // of a fail, by "exp=" (RFC 7208 §6.2); "" if none
  std::string problem;      // of temperror and permerror: what is wrong, for people
  int lookups = 0;          // terms that cost a DNS lookup (RFC 7208 §4.6.4)
  int void_lookups = 0;
};

// check_host() (RFC 7208 §4). Bounded, whatever the records say: at most 10 terms with a lookup,
// and no question is asked any more when 20 seconds of `clock` have gone. Both outlive the call.
boost::asio::awaitable<SpfVerdict> check_spf(SpfQuery query, Resolver& resolver, Clock& clock);

}  // namespace posthaste
