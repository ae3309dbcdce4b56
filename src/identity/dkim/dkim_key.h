#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace posthaste {

enum class DkimAlgorithm : std::uint8_t { rsa_sha256, ed25519_sha256 };

// "rsa-sha256", "ed25519-sha256": the value of "a=".
std::string_view to_string(DkimAlgorithm algorithm);
// "rsa", "ed25519": the value of "k=".
std::string_view key_type(DkimAlgorithm algorithm);

// RFC 8301 §3.2: signers and verifiers refuse shorter RSA keys.
inline constexpr int kMinimumRsaBits = 1024;

// A private key, read once and never changed: copies share it, and any thread may sign with it.
class DkimPrivateKey {
 public:
  // PEM: PKCS #1 or PKCS #8 for RSA, PKCS #8 for Ed25519. Keys with a passphrase are refused.
  static Result<DkimPrivateKey> load(const std::string& path);
  static Result<DkimPrivateKey> from_pem(std::string_view pem);
  static Result<DkimPrivateKey> generate_rsa(int bits);
  static Result<DkimPrivateKey> generate_ed25519();

  DkimAlgorithm algorithm() const { return algorithm_; }
  int bits() const;
  // The signature of `data`, which is hashed here.
  Result<std::string> sign(std::string_view data) const;
  // What "p=" of the key record carries, before base64.
  Result<std::string> public_octets() const;
  // PKCS #8.
  Result<std::string> to_pem() const;

 private:
  using Key = std::shared_ptr<evp_pkey_st>;
  explicit DkimPrivateKey(Key key, DkimAlgorithm algorithm)
      : key_(std::move(key)), algorithm_(algorithm) {}
  static Result<DkimPrivateKey> wrap(Key key);

  Key key_;
  DkimAlgorithm algorithm_;
};

// A public key from a key record.
class DkimPublicKey {
 public:
  // RSA: SubjectPublicKeyInfo, or the bare RSAPublicKey that RFC 6376 §3.6.1 names; both are in
  // use. Ed25519: 32 octets (RFC 8463 §4.2).
  static Result<DkimPublicKey> parse(DkimAlgorithm algorithm, std::string_view octets);

  int bits() const;
  bool verifies(std::string_view data, std::string_view signature) const;

 private:
  using Key = std::shared_ptr<evp_pkey_st>;
  DkimPublicKey(Key key, DkimAlgorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {}

  Key key_;
  DkimAlgorithm algorithm_;
};

}  // namespace posthaste
