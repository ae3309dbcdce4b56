#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/dns/resolver.h"

struct x509_st;

namespace posthaste {

// What the doctor wants to know of an X.509 certificate.
struct CertificateFacts {
  WallTime not_before;
  WallTime not_after;
  std::vector<std::string> names;  // DNS names it is for, lower case; may hold wildcards
  std::string subject;
  std::string der;         // the whole
  std::string public_key;  // SubjectPublicKeyInfo, DER
};

CertificateFacts read_certificate(const x509_st& certificate);
// Every certificate of a PEM text, the server's own first.
Result<std::vector<CertificateFacts>> read_certificates(std::string_view pem);
Result<std::vector<CertificateFacts>> load_certificates(const std::filesystem::path& file);

// RFC 6125 §6.4.3: a wildcard stands for one whole label, the leftmost.
bool is_for_host(const CertificateFacts& certificate, std::string_view host);

// Whether one of a chain is what the record asks for (RFC 6698 §2.1): usages 1 and 3 look at the
// server's own, the others at all.
bool matches_tlsa(const std::vector<CertificateFacts>& chain, const TlsaRecord& record);
// "3 1 1 …": the SHA-256 of its public key, as RFC 7672 §3.1.1 recommends.
std::string tlsa_data(const CertificateFacts& certificate);

}  // namespace posthaste
