#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/dns/resolver.h"

namespace posthaste {

// What DNS says of a host's certificate (RFC 7672 §2.1.3, §3.1).
struct DaneAnswer {
  enum class Status : std::uint8_t {
    absent,    // no TLSA, or not DNSSEC-secure: DANE does not apply
    usable,    // TLS is required, and the certificate must match
    unusable,  // secure records, none of a kind we can use: TLS is required, any certificate
    failed,    // the lookup failed or is bogus: do not deliver to this host now
  };
  Status status = Status::absent;
  std::string base_domain;          // where the TLSA records stand, for SNI and names
  std::vector<TlsaRecord> records;  // of usable: those of usages DANE-TA(2) and DANE-EE(3)
  std::string why;                  // of failed and unusable, for people
};

// Whether SMTP can use it at all (RFC 7672 §3.1): usage, selector, matching type, length.
bool is_usable(const TlsaRecord& record);
// "3 1 1 ab12…", as reports quote it.
std::string to_text(const TlsaRecord& record);

// Asks for "_PORT._tcp.HOST TLSA" when the host's addresses are secure, first at the end of its
// CNAMEs, then at the name itself (RFC 7672 §2.2.2). `resolver` outlives the call.
boost::asio::awaitable<DaneAnswer> look_up_dane(std::string host, std::uint16_t port,
                                                Resolver& resolver);

}  // namespace posthaste
