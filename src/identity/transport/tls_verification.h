#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/transport/tls_report.h"
#include "platform/dns/resolver.h"
#include "platform/io/stream.h"

namespace posthaste {

// Which certificate will do.
struct TlsExpectation {
  enum class Kind : std::uint8_t {
    any,   // whatever there is
    pkix,  // of an authority that we trust, for one of the names (RFC 8461 §4.2)
    dane,  // as one of the records says (RFC 7672 §3)
  };
  Kind kind = Kind::any;
  std::string server_name;         // for SNI
  std::vector<std::string> names;  // one of which the certificate bears; not asked of DANE-EE(3)
  std::vector<TlsaRecord> tlsa;

  // Sessions of different expectations are never resumed for each other.
  std::string fingerprint() const;
};

// Makes a handshake check that, without ending it: its HandshakeResult tells. Requires: the context
// allows DANE (allow_dane()) and verifies nothing by itself.
TlsClientOptions make_options(const TlsExpectation& expectation);
void allow_dane(boost::asio::ssl::context& context);

// What a verify_error of OpenSSL is in a report (RFC 8460 §4.3).
TlsFailureType failure_of(int verify_error);

}  // namespace posthaste
