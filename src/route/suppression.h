#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/address.h"
#include "mail/envelope.h"

namespace posthaste {

enum class SuppressionReason : std::uint8_t {
  hard_bounce,   // the address is bad
  soft_bounces,  // it has taken nothing for long
  complaint,     // its owner called our mail spam
  unsubscribe,   // its owner wants no more
  manual,        // somebody put it there
};
std::string_view to_string(SuppressionReason reason);
std::optional<SuppressionReason> parse_suppression_reason(std::string_view text);

// One entry of the suppression list: an address that gets no mail of a tenant's stream. What is
// empty stands for all: without tenant it holds for everybody, without stream for all of a
// tenant's mail.
struct Suppression {
  MailAddress address;
  TenantId tenant;
  std::string stream;
  SuppressionReason reason = SuppressionReason::manual;
  WallTime since;                 // kept to the second
  std::optional<WallTime> until;  // none: for ever
  std::uint64_t event = 0;        // sequence in the outbox of what caused it; 0: no event
  std::string text;

  bool is_in_force(WallTime now) const { return !until || now < *until; }
  // "suppressed: hard_bounce since 2026-01-31: 550 5.1.1", for replies and events.
  std::string explain() const;
};

// How entries stand on disk, in the spool's list:
//
//   "e" domain NUL local part NUL tenant NUL stream → reason and flags (1), since (4), [until (4)],
//                                                     [event (8)], [text]
//   "s" domain NUL local part                       → the address's soft bounces (soft_bounces.h)
//
// The address is folded (mail/folded_address.h); numbers are big-endian, times seconds since 1970.
// Keys are the addresses themselves, in order, because neighbours share most of their letters: on
// disk that is shorter than a hash of 128 bits, and the list can be printed.
std::string suppression_key(const MailAddress& address, const TenantId& tenant,
                            std::string_view stream);
std::string suppression_value(const Suppression& entry);
Result<Suppression> decode_suppression(std::string_view key, std::string_view value);

// The keys of all entries that can bear on mail to an address.
std::vector<std::string> suppression_keys(const MailAddress& address, const TenantId& tenant,
                                          std::string_view stream);
std::string soft_bounces_key(const MailAddress& address);

// Where entries begin and end; of one domain, where it is not empty.
std::pair<std::string, std::string> suppression_range(std::string_view domain);
// Of one address, in all scopes.
std::pair<std::string, std::string> suppression_range(const MailAddress& address);

}  // namespace posthaste
