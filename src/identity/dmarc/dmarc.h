#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/dmarc/dmarc_record.h"
#include "platform/dns/resolver.h"

namespace posthaste {

enum class DmarcResult : std::uint8_t { none, pass, fail, temperror, permerror };
std::string_view to_string(DmarcResult result);

// The record that holds for a domain, found by the tree walk of RFC 9989 §4.10.
struct DmarcDiscovery {
  enum class Status : std::uint8_t { found, absent, temporary_failure };
  Status status = Status::absent;
  std::string record_domain;  // where it stands: "example.com" for _dmarc.example.com
  std::string text;           // as published
  DmarcRecord record;
  std::string organizational_domain;  // of the domain asked for; itself where nothing says more
  int lookups = 0;                    // never more than 8
};
boost::asio::awaitable<DmarcDiscovery> discover_dmarc(std::string domain, Resolver& resolver);

// The organizational domain by the tree walk (RFC 9989 §4.10.2).
boost::asio::awaitable<std::string> find_organizational_domain(std::string domain,
                                                               Resolver& resolver);

// True when `identifier` (of DKIM or SPF) is aligned with `from`: equal, or relaxed and of the same
// organizational domain (RFC 9989 §4.4). Lower-case A-labels.
bool is_aligned(std::string_view identifier, std::string_view identifier_organization,
                std::string_view from, std::string_view from_organization,
                DmarcAlignment alignment);

// What the other methods said.
struct DmarcQuery {
  std::string from_domain;                // of the one From address; lower-case A-labels
  std::string spf_domain;                 // the domain that SPF passed for; "" if it did not pass
  std::vector<std::string> dkim_domains;  // "d=" of each signature that passed
  bool had_temporary_failure = false;     // of SPF or DKIM: a fail is then temperror
};

struct DmarcVerdict {
  DmarcResult result = DmarcResult::none;
  DmarcPolicy policy = DmarcPolicy::none;       // that holds for From: p, sp or np as published
  DmarcPolicy disposition = DmarcPolicy::none;  // of a fail: what to do, "t=y" considered
  std::string policy_domain;                    // where the record stands
  std::string organizational_domain;            // of From
  bool spf_aligned = false;
  std::string aligned_dkim_domain;  // "" if none
  // It passes by RFC 7489 §3.2 alone: its records were written for the public suffix list, by which
  // the identifier and From belong to one organisation, while the tree walk finds two.
  bool is_by_suffix_list = false;
  std::string problem;  // of temperror and permerror, for people
};
boost::asio::awaitable<DmarcVerdict> evaluate_dmarc(DmarcQuery query, Resolver& resolver);

}  // namespace posthaste
