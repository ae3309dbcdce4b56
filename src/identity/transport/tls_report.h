#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

// RFC 8460 §4.2: which policy was applied to a session.
enum class TlsPolicyType : std::uint8_t { no_policy_found, tlsa, sts };
std::string_view to_string(TlsPolicyType type);  // "no-policy-found", "tlsa", "sts"

// RFC 8460 §4.3
enum class TlsFailureType : std::uint8_t {
  none,
  starttls_not_supported,
  certificate_host_mismatch,
  certificate_expired,
  certificate_not_trusted,
  validation_failure,
  tlsa_invalid,
  dnssec_invalid,
  dane_required,
  sts_policy_fetch_error,
  sts_policy_invalid,
  sts_webpki_invalid,
};
std::string_view to_string(TlsFailureType type);  // "starttls-not-supported"

// The policy as it was applied, as reports quote it.
struct TlsPolicyFacts {
  TlsPolicyType type = TlsPolicyType::no_policy_found;
  std::vector<std::string> text;  // "policy-string": lines of the STS policy, or TLSA records
  std::string domain;  // "policy-domain": of STS the recipient domain, of DANE the host's
  std::vector<std::string> mx_hosts;  // "mx-host": patterns of the STS policy; empty for DANE
};

// One attempt at a TLS session with one host of a recipient domain; or, not tried, what went wrong
// before any host was spoken to.
struct TlsSession {
  bool is_tried = true;
  std::string recipient_domain;  // whose TLS-RPT record will be asked
  TlsPolicyFacts policy;
  TlsFailureType failure = TlsFailureType::none;  // none: it succeeded
  std::string sending_address;                    // "sending-mta-ip"
  std::string receiving_host;                     // "receiving-mx-hostname"
  std::string receiving_helo;                     // "receiving-mx-helo"
  std::string receiving_address;                  // "receiving-ip"
  std::string failure_detail;                     // "failure-reason-code", for people
};

// Who gathers sessions for the daily report.
class TlsReporter {
 public:
  virtual ~TlsReporter() = default;
  // Any thread; never blocks.
  virtual void note(TlsSession session) = 0;
};

}  // namespace posthaste
