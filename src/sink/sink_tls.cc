#include "sink/sink_tls.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/ssl/context.hpp>
#include <string>

namespace posthaste {

namespace asio = boost::asio;

namespace {

using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePointer = std::unique_ptr<X509, decltype(&X509_free)>;

std::shared_ptr<asio::ssl::context> make_context() {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv3);
  return context;
}

CertificatePointer make_certificate(EVP_PKEY* key) {
  constexpr long kLifetime = 10L * 365 * 24 * 3600;
  CertificatePointer certificate(X509_new(), &X509_free);
  if (!certificate) return certificate;
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifetime);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const std::string host = "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(host.data()),
                             static_cast<int>(host.size()), -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  if (X509_sign(certificate.get(), key, EVP_sha256()) <= 0) certificate.reset();
  return certificate;
}

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> load_sink_tls(const std::filesystem::path& certificate,
                                                          const std::filesystem::path& key) {
  auto context = make_context();
  boost::system::error_code ec;
  context->use_certificate_chain_file(certificate.string(), ec);
  if (ec) {
    return Error{ec, certificate.string() + " is no certificate (" + ec.message() +
                         "): name a PEM file with the chain"};
  }
  context->use_private_key_file(key.string(), asio::ssl::context::pem, ec);
  if (ec) {
    return Error{ec, key.string() + " is not the certificate's key (" + ec.message() +
                         "): name its PEM file"};
  }
  return context;
}

Result<std::shared_ptr<asio::ssl::context>> make_sink_tls() {
  auto context = make_context();
  const KeyPointer key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const CertificatePointer certificate =
      key ? make_certificate(key.get()) : CertificatePointer(nullptr, &X509_free);
  if (!certificate || SSL_CTX_use_certificate(context->native_handle(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context->native_handle(), key.get()) != 1) {
    return Error{make_error_code(boost::system::errc::not_supported),
                 "no certificate can be made: name one, or turn TLS off"};
  }
  return context;
}

}  // namespace posthaste
