#include "identity/dkim/dkim_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_error.h"

namespace posthaste {
namespace {

// Private keys are small; more than this is another kind of file.
constexpr std::size_t kMaxKeyFile = 64 * 1024;
constexpr int kMaxRsaBits = 8192;  // a longer one only burns the verifier's time

std::shared_ptr<EVP_PKEY> own(EVP_PKEY* key) {
  return {key, &EVP_PKEY_free};
}

std::shared_ptr<EVP_MD_CTX> new_digest_context() {
  return {EVP_MD_CTX_new(), &EVP_MD_CTX_free};
}

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL would ask for a passphrase on the terminal.
int refuse_passphrase(char*, int, int, void*) {
  return 0;
}

// RFC 8463 §3: Ed25519 signs the SHA-256 hash, not the data.
std::string_view signed_octets(DkimAlgorithm algorithm, std::string_view data, Sha256& digest) {
  if (algorithm == DkimAlgorithm::rsa_sha256) return data;
  digest = sha256(data);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

const EVP_MD* digest_of(DkimAlgorithm algorithm) {
  return algorithm == DkimAlgorithm::rsa_sha256 ? EVP_sha256() : nullptr;
}

// The DER that `write` makes of the key.
template <class Write>
std::string to_der(EVP_PKEY* key, Write write) {
  unsigned char* der = nullptr;
  const int size = write(key, &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

std::shared_ptr<EVP_PKEY> parse_rsa(std::string_view der) {
  const unsigned char* at = octets(der);
  auto key = own(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!key) {
    at = octets(der);
    key = own(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  }
  if (!key || at != octets(der) + der.size()) return nullptr;
  if (EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) return nullptr;
  if (EVP_PKEY_bits(key.get()) > kMaxRsaBits) return nullptr;
  return key;
}

Error crypto_failed(const std::string& what) {
  return {DkimError::crypto_failed, what + " failed in OpenSSL: check memory and OpenSSL's setup"};
}

}  // namespace

std::string_view to_string(DkimAlgorithm algorithm) {
  return algorithm == DkimAlgorithm::rsa_sha256 ? "rsa-sha256" : "ed25519-sha256";
}

std::string_view key_type(DkimAlgorithm algorithm) {
  return algorithm == DkimAlgorithm::rsa_sha256 ? "rsa" : "ed25519";
}

Result<DkimPrivateKey> DkimPrivateKey::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string pem(kMaxKeyFile + 1, '\0');
  if (!file || !file.read(pem.data(), static_cast<std::streamsize>(pem.size())).eof()) {
    const std::string why = file.is_open() && errno == 0 ? "too large" : std::strerror(errno);
    return Error{DkimError::unreadable_key,
                 "cannot read key file " + path + " (" + why + "): name a readable PEM file"};
  }
  pem.resize(static_cast<std::size_t>(file.gcount()));
  Result<DkimPrivateKey> key = from_pem(pem);
  if (!key) {
    const Error error = key.error();
    return Error{error.code, "key file " + path + ": " + error.detail};
  }
  return key;
}

Result<DkimPrivateKey> DkimPrivateKey::from_pem(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(std::min(pem.size(), kMaxKeyFile))), &BIO_free);
  Key key = own(PEM_read_bio_PrivateKey(bio.get(), nullptr, &refuse_passphrase, nullptr));
  if (!key) {
    return Error{DkimError::unreadable_key,
                 "no PEM private key without a passphrase in it: make one with "
                 "`posthaste dkim keygen`"};
  }
  return wrap(std::move(key));
}

Result<DkimPrivateKey> DkimPrivateKey::wrap(Key key) {
  const int type = EVP_PKEY_base_id(key.get());
  if (type == EVP_PKEY_ED25519)
    return DkimPrivateKey(std::move(key), DkimAlgorithm::ed25519_sha256);
  if (type != EVP_PKEY_RSA) {
    return Error{DkimError::unsuitable_key,
                 "the key is neither RSA nor Ed25519, which is all that DKIM knows: make another"};
  }
  // RFC 8301 §3.2
  const int bits = EVP_PKEY_bits(key.get());
  if (bits < kMinimumRsaBits || bits > kMaxRsaBits) {
    return Error{DkimError::unsuitable_key,
                 "the RSA key has " + std::to_string(bits) + " bits: use one of 2048"};
  }
  return DkimPrivateKey(std::move(key), DkimAlgorithm::rsa_sha256);
}

Result<DkimPrivateKey> DkimPrivateKey::generate_rsa(int bits) {
  if (bits < kMinimumRsaBits || bits > kMaxRsaBits) {
    return Error{DkimError::unsuitable_key,
                 "an RSA key of " + std::to_string(bits) + " bits is out of bounds: use 2048"};
  }
  Key key = own(EVP_RSA_gen(static_cast<unsigned int>(bits)));
  if (!key) return crypto_failed("making an RSA key");
  return wrap(std::move(key));
}

Result<DkimPrivateKey> DkimPrivateKey::generate_ed25519() {
  Key key = own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return crypto_failed("making an Ed25519 key");
  return wrap(std::move(key));
}

int DkimPrivateKey::bits() const {
  return EVP_PKEY_bits(key_.get());
}

Result<std::string> DkimPrivateKey::sign(std::string_view data) const {
  const auto context = new_digest_context();
  Sha256 digest;
  const std::string_view input = signed_octets(algorithm_, data, digest);
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_size(key_.get()));
  std::string signature(size, '\0');
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     octets(input), input.size()) != 1) {
    return crypto_failed("signing");
  }
  signature.resize(size);
  return signature;
}

Result<std::string> DkimPrivateKey::public_octets() const {
  std::string text;
  if (algorithm_ == DkimAlgorithm::rsa_sha256) {
    text = to_der(key_.get(), &i2d_PUBKEY);
  } else {
    text.resize(32);
    std::size_t size = text.size();
    if (EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(text.data()),
                                    &size) != 1) {
      text.clear();
    }
  }
  if (text.empty()) return crypto_failed("writing the public key");
  return text;
}

Result<std::string> DkimPrivateKey::to_pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1) {
    return crypto_failed("writing the private key");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<DkimPublicKey> DkimPublicKey::parse(DkimAlgorithm algorithm, std::string_view text) {
  Key key =
      algorithm == DkimAlgorithm::rsa_sha256
          ? parse_rsa(text)
          : own(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(text), text.size()));
  if (!key) {
    return Error{DkimError::unreadable_key, "the public key is no " +
                                                std::string(key_type(algorithm)) +
                                                " key: publish the record again"};
  }
  return DkimPublicKey(std::move(key), algorithm);
}

int DkimPublicKey::bits() const {
  return EVP_PKEY_bits(key_.get());
}

bool DkimPublicKey::verifies(std::string_view data, std::string_view signature) const {
  const auto context = new_digest_context();
  Sha256 digest;
  const std::string_view input = signed_octets(algorithm_, data, digest);
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) ==
             1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(input),
                          input.size()) == 1;
}

}  // namespace posthaste
