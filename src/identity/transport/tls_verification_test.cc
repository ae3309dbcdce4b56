#include "identity/transport/tls_verification.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "platform/io/certificate_fixture.h"

namespace posthaste {
namespace {

namespace ssl = boost::asio::ssl;
using Kind = TlsExpectation::Kind;

constexpr const char* kHost = "mx.d.test";

// Whether a session that expects a certificate of this kind takes it for the host's.
bool is_for_host(Kind kind, const TestCertificate& certificate) {
  ssl::context context(ssl::context::tls_client);
  allow_dane(context);
  const std::unique_ptr<SSL, void (*)(SSL*)> session(SSL_new(context.native_handle()), SSL_free);
  make_options({.kind = kind, .server_name = kHost, .names = {kHost}}).prepare(session.get());
  const unsigned flags = X509_VERIFY_PARAM_get_hostflags(SSL_get0_param(session.get()));
  return X509_check_host(certificate.x509.get(), kHost, 0, flags, nullptr) == 1;
}

TestCertificate with_common_name(const TestAuthority& authority, const std::string& names) {
  TestCertificate made = authority.issue(names);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.x509.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(kHost), -1, -1, 0);
  X509_sign(made.x509.get(), authority.certificate.key.get(), EVP_sha256());
  return made;
}

// RFC 8461 §4.1, RFC 7672 §3.2.3
TEST(TlsVerification, TakesACommonNameForDaneAlone) {
  const TestAuthority authority;
  for (const Kind kind : {Kind::pkix, Kind::dane}) {
    EXPECT_TRUE(is_for_host(kind, authority.issue("DNS:mx.d.test")));
    EXPECT_TRUE(is_for_host(kind, authority.issue("DNS:*.d.test")));
    EXPECT_FALSE(is_for_host(kind, authority.issue("DNS:m*.d.test")));
    EXPECT_FALSE(is_for_host(kind, with_common_name(authority, "DNS:other.d.test")));
  }
  const TestCertificate nameless = with_common_name(authority, "IP:192.0.2.1");
  EXPECT_FALSE(is_for_host(Kind::pkix, nameless));
  EXPECT_TRUE(is_for_host(Kind::dane, nameless));
}

}  // namespace
}  // namespace posthaste
