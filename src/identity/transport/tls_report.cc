#include "identity/transport/tls_report.h"

#include <array>
#include <cstddef>

namespace posthaste {

std::string_view to_string(TlsPolicyType type) {
  constexpr std::array<std::string_view, 3> kNames{"no-policy-found", "tlsa", "sts"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view to_string(TlsFailureType type) {
  constexpr std::array<std::string_view, 12> kNames{
      "",
      "starttls-not-supported",
      "certificate-host-mismatch",
      "certificate-expired",
      "certificate-not-trusted",
      "validation-failure",
      "tlsa-invalid",
      "dnssec-invalid",
      "dane-required",
      "sts-policy-fetch-error",
      "sts-policy-invalid",
      "sts-webpki-invalid",
  };
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace posthaste
