#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "platform/dns/resolver.h"

namespace posthaste {

// What a domain's whole SPF policy says, every include and redirect followed, whoever sends: what a
// domain's owner wants to know, where check_spf() stops at the first match.
struct SpfSurvey {
  std::vector<std::string> records;   // the SPF records found at the domain: should be one
  bool is_temporary_failure = false;  // DNS did not answer somewhere: the rest is what was seen
  std::vector<std::string> problems;  // syntax errors, loops, includes without a record; for people
  int lookups = 0;                    // all terms that cost a lookup, were none to match (limit 10)
  int void_lookups = 0;               // limit 2
  char all_qualifier = 0;  // of "all" in the domain's own record or its redirect: + - ~ ?; 0: none
  bool uses_ptr = false;   // "ptr" anywhere (RFC 7208 §5.5: do not use)
  bool uses_macros = false;           // then networks are not all that it authorises
  std::vector<std::string> networks;  // what it authorises: "ip4:192.0.2.0/24", "ip6:…", in order
};

boost::asio::awaitable<SpfSurvey> survey_spf(std::string domain, Resolver& resolver);

}  // namespace posthaste
