#include "identity/doctor/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>
#include <array>
#include <boost/algorithm/hex.hpp>
#include <ctime>
#include <memory>

#include "base/text_file.h"
#include "identity/dkim/dkim_canonical.h"

namespace posthaste {
namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, FreeWith<Free>>;

WallTime wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

template <class T>
std::string der_of(const T* what, int (*encode)(const T*, unsigned char**)) {
  unsigned char* buffer = nullptr;
  const int length = encode(what, &buffer);
  if (length <= 0) return {};
  std::string der(reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(length));
  OPENSSL_free(buffer);
  return der;
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  auto* alternatives = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type != GEN_DNS) continue;
    const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    names.push_back(ascii_lower(
        std::string_view(data, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)))));
  }
  GENERAL_NAMES_free(alternatives);
  return names;
}

std::string digest(std::string_view data, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  if (EVP_Digest(data.data(), data.size(), out.data(), &length, kind, nullptr) != 1) return {};
  return {reinterpret_cast<const char*>(out.data()), length};
}

bool matches(const CertificateFacts& certificate, const TlsaRecord& record) {
  if (record.selector > 1) return false;
  const std::string& what = record.selector == 0 ? certificate.der : certificate.public_key;
  switch (record.matching_type) {
    case 0:
      return what == record.data;
    case 1:
      return digest(what, EVP_sha256()) == record.data;
    case 2:
      return digest(what, EVP_sha512()) == record.data;
    default:
      return false;
  }
}

}  // namespace

CertificateFacts read_certificate(const X509& certificate) {
  CertificateFacts facts;
  facts.not_before = wall_time(X509_get0_notBefore(&certificate));
  facts.not_after = wall_time(X509_get0_notAfter(&certificate));
  facts.names = names_of(&certificate);
  std::array<char, 256> subject{};
  X509_NAME_oneline(X509_get_subject_name(&certificate), subject.data(),
                    static_cast<int>(subject.size()));
  facts.subject = subject.data();
  facts.der = der_of<X509>(&certificate, &i2d_X509);
  facts.public_key = der_of<X509_PUBKEY>(X509_get_X509_PUBKEY(&certificate), &i2d_X509_PUBKEY);
  return facts;
}

Result<std::vector<CertificateFacts>> read_certificates(std::string_view pem) {
  const Owned<BIO, &BIO_free> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<CertificateFacts> chain;
  for (;;) {
    const Owned<X509, &X509_free> one(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    chain.push_back(read_certificate(*one));
  }
  ERR_clear_error();
  if (chain.empty()) {
    return {make_error_code(boost::system::errc::invalid_argument),
            "it holds no certificate: name a PEM file that begins with the server's own"};
  }
  return chain;
}

Result<std::vector<CertificateFacts>> load_certificates(const std::filesystem::path& file) {
  const Result<std::string> pem = read_text_file(file);
  if (!pem) {
    return {make_error_code(boost::system::errc::io_error),
            fmt::format("{} cannot be read: check its path and rights", file.string())};
  }
  Result<std::vector<CertificateFacts>> chain = read_certificates(*pem);
  if (!chain) return {chain.error().code, file.string() + ": " + chain.error().message()};
  return chain;
}

bool is_for_host(const CertificateFacts& certificate, std::string_view host) {
  const std::size_t dot = host.find('.');
  for (const std::string& name : certificate.names) {
    if (name == host) return true;
    if (name.starts_with("*.") && dot != std::string_view::npos &&
        std::string_view(name).substr(1) == host.substr(dot)) {
      return true;
    }
  }
  return false;
}

bool matches_tlsa(const std::vector<CertificateFacts>& chain, const TlsaRecord& record) {
  const bool is_of_server = record.usage == 1 || record.usage == 3;
  for (const CertificateFacts& certificate : chain) {
    if (matches(certificate, record)) return true;
    if (is_of_server) return false;
  }
  return false;
}

std::string tlsa_data(const CertificateFacts& certificate) {
  std::string hex;
  boost::algorithm::hex_lower(digest(certificate.public_key, EVP_sha256()),
                              std::back_inserter(hex));
  return "3 1 1 " + hex;
}

}  // namespace posthaste
