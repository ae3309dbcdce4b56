#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "identity/transport/mta_sts.h"

namespace posthaste {

// What the operator says of TLS towards a recipient domain.
enum class TlsMode : std::uint8_t {
  automatic,      // DANE, else MTA-STS, else opportunistic
  off,            // never
  opportunistic,  // where it is offered, with any certificate
  required,       // always, with any certificate
  verified,       // always, with a certificate of a trusted authority for a name
  dane,           // always, by TLSA records; where there are none, nothing is sent
};

// What a message says of TLS (RFC 8689).
enum class TlsDemand : std::uint8_t {
  none,
  required,  // REQUIRETLS: only over verified TLS, and to who passes that on
  optional,  // "TLS-Required: No": delivery is worth more than the recipient domain's policies
};

// What mail for one recipient domain must have of TLS. Domains with equal terms may share
// connections.
struct TlsTerms {
  TlsMode mode = TlsMode::automatic;
  std::vector<std::string> names;           // of verified: instead of the host's
  std::shared_ptr<const MtaStsPolicy> sts;  // testing or enforce; null: none
  std::string site_suffix;                  // ";sts=…": tells their sites from others'
};

// Knows the terms of recipient domains.
class TlsTermsSource {
 public:
  virtual ~TlsTermsSource() = default;
  // Null: the ordinary ones. Any loop; returns on the caller's.
  virtual boost::asio::awaitable<std::shared_ptr<const TlsTerms>> terms_for(std::string domain) = 0;
};

}  // namespace posthaste
