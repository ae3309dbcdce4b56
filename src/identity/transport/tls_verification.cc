#include "identity/transport/tls_verification.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <utility>

#include "identity/transport/dane.h"

namespace posthaste {
namespace {

void set_names(SSL* ssl, const std::vector<std::string>& names) {
  SSL_set1_host(ssl, nullptr);
  for (const std::string& name : names) SSL_add1_host(ssl, name.c_str());
}

void expect_dane(SSL* ssl, const TlsExpectation& expectation) {
  SSL_dane_enable(ssl, expectation.server_name.c_str());
  // RFC 7672 §3.1.1: neither name nor dates of a DANE-EE(3) certificate matter.
  SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
  for (const TlsaRecord& record : expectation.tlsa) {
    SSL_dane_tlsa_add(ssl, record.usage, record.selector, record.matching_type,
                      reinterpret_cast<const unsigned char*>(record.data.data()),
                      record.data.size());
  }
}

}  // namespace

std::string TlsExpectation::fingerprint() const {
  std::string text = std::to_string(static_cast<int>(kind)) + "|" + server_name;
  for (const std::string& name : names) text += "|" + name;
  for (const TlsaRecord& record : tlsa) text += "|" + to_text(record);
  return text;
}

TlsClientOptions make_options(const TlsExpectation& expectation) {
  TlsClientOptions options;
  options.server_name = expectation.server_name;
  if (expectation.kind == TlsExpectation::Kind::any) return options;
  options.prepare = [expectation](ssl_st* ssl) {
    if (expectation.kind == TlsExpectation::Kind::dane) expect_dane(ssl, expectation);
    if (expectation.names.empty()) return;
    set_names(ssl, expectation.names);
    // RFC 7672 §3.2.3: a common name counts where there are no DNS-IDs. RFC 8461 §4.1: elsewhere
    // it never does.
    unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    if (expectation.kind == TlsExpectation::Kind::pkix)
      flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    SSL_set_hostflags(ssl, flags);
  };
  return options;
}

void allow_dane(boost::asio::ssl::context& context) {
  SSL_CTX_dane_enable(context.native_handle());
}

TlsFailureType failure_of(int verify_error) {
  switch (verify_error) {
    case X509_V_OK:
      return TlsFailureType::none;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return TlsFailureType::certificate_host_mismatch;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TlsFailureType::certificate_expired;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_INVALID_CA:
      return TlsFailureType::certificate_not_trusted;
    default:
      return TlsFailureType::validation_failure;
  }
}

}  // namespace posthaste
