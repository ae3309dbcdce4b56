#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace posthaste {

// A certificate and its key.
struct TestCertificate {
  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> key;

  std::string der() const {
    unsigned char* data = nullptr;
    const int size = i2d_X509(x509.get(), &data);
    std::string octets(reinterpret_cast<char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(data);
    return octets;
  }
  // The SubjectPublicKeyInfo, as selector 1 of TLSA means it.
  std::string public_key_der() const {
    unsigned char* data = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509.get()), &data);
    std::string octets(reinterpret_cast<char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(data);
    return octets;
  }
  // Also sends `chain`.
  void give_to(boost::asio::ssl::context& context,
               const std::vector<TestCertificate>& chain = {}) const {
    SSL_CTX* native = context.native_handle();
    ASSERT_EQ(SSL_CTX_use_certificate(native, x509.get()), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey(native, key.get()), 1);
    for (const TestCertificate& one : chain) SSL_CTX_add1_chain_cert(native, one.x509.get());
  }
  void write(const std::string& path) const {
    FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    PEM_write_X509(file, x509.get());
    std::fclose(file);
  }
};

// A certification authority for tests.
//
//   TestAuthority authority;
//   const TestCertificate leaf = authority.issue("DNS:mx.test");
class TestAuthority {
 public:
  TestAuthority() {
    certificate = make("test authority", 24);
    extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(certificate.x509.get(), certificate.key.get(), EVP_sha256());
  }

  // For `names`, as "DNS:mx.test,IP:127.0.0.1"; good for `hours` from now, or over if negative.
  TestCertificate issue(const std::string& names, long hours = 24) const {
    TestCertificate leaf = make("test leaf", hours);
    X509_set_issuer_name(leaf.x509.get(), X509_get_subject_name(certificate.x509.get()));
    extend(leaf, NID_subject_alt_name, names);
    X509_sign(leaf.x509.get(), certificate.key.get(), EVP_sha256());
    return leaf;
  }

  TestCertificate certificate;

 private:
  static TestCertificate make(const char* subject, long hours) {
    TestCertificate made;
    made.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
    made.x509.reset(X509_new(), X509_free);
    X509* x509 = made.x509.get();
    X509_set_version(x509, X509_VERSION_3);
    // An authority gives no number twice.
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), reinterpret_cast<std::uintptr_t>(x509));
    X509_gmtime_adj(X509_getm_notBefore(x509), -48L * 3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), hours * 3600);
    X509_set_pubkey(x509, made.key.get());
    X509_NAME* name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(subject), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    return made;
  }
  static void extend(const TestCertificate& what, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(what.x509.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
};

}  // namespace posthaste
