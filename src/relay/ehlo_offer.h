#pragma once

#include <string>
#include <string_view>

namespace posthaste {

// What of the next server's offer the client gets to see.
struct OfferTerms {
  bool offers_starttls = false;  // of ours: TLS with the next server is another matter
  bool passes_auth = false;
};

// The reply to the client's EHLO: that of the next server with the extensions that can be passed
// on, and with STARTTLS where it is ours. `reply` is a positive reply, as it came.
std::string pass_offer(std::string_view reply, OfferTerms terms);

// Whether the reply offers the extension of this name, in upper case.
bool offers(std::string_view reply, std::string_view keyword);

}  // namespace posthaste
