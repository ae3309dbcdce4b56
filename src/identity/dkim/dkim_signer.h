#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_key.h"
#include "identity/dkim/dkim_key_file.h"
#include "identity/dkim/signed_headers.h"
#include "mail/address.h"
#include "platform/config_error.h"

namespace posthaste {

// Which kind of key a `dkim` block expects; `any` takes the key as it is.
enum class DkimKeyChoice : std::uint8_t { any, rsa_sha256, ed25519_sha256 };

// "c=": the form of the header fields, then that of the body.
enum class DkimForms : std::uint8_t {
  relaxed_relaxed,
  relaxed_simple,
  simple_relaxed,
  simple_simple,
};

// One `dkim` block.
struct DkimConfig {
  bool sign = true;
  std::string selector;
  std::string domain;
  std::filesystem::path private_key;  // a PEM file
  DkimKeyChoice algorithm = DkimKeyChoice::any;
  DkimForms canonicalization = DkimForms::relaxed_relaxed;
  // Names of the header fields to sign where present; empty means default_signed_headers(). One
  // that is given twice is oversigned. From is signed and oversigned always, and what
  // always_signed_headers() names is signed always.
  std::vector<std::string> headers;
  bool sign_all = false;                // also mail whose From is of another domain
  std::optional<WallTime> valid_from;   // signs from then on
  std::optional<WallTime> valid_until;  // signs until then, no longer at that moment
};

struct DkimSignatures {
  std::string headers;  // complete DKIM-Signature fields, to stand before the message; may be ""
  std::vector<std::string> domains;  // the "d=" of each
};

// What became of a key file that changed.
struct DkimKeyChange {
  std::string path;
  std::string problem;  // "" when the new key is in use; else why the old one still is
};

// Signs mail for every `dkim` block whose time it is and whose domain is that of From or a parent
// of it, or that signs all mail; several such blocks make several signatures. Never "l=". Keys are
// read once, in load(); any number of threads may sign at the same time, also while refresh_keys()
// runs.
//
//   Result<DkimSigner> signer = DkimSigner::load(blocks);
//   Result<DkimSignatures> made = signer->sign(message, from.domain(), clock.wall());
//   body = made->headers + message;
class DkimSigner {
 public:
  // Errors name the block by its domain and selector.
  static Result<DkimSigner> load(const std::vector<DkimConfig>& blocks);
  // What is wrong with a block, its key file apart: the key it is about, and why.
  static std::vector<ConfigProblem> problems_of(const DkimConfig& block);

  // Signs nothing.
  DkimSigner() = default;

  // Before the signer is shared. A block with sign = false adds nothing.
  Result<void> add(const DkimConfig& block);

  // Whenever it may be.
  bool signs_for(const Domain& header_from) const;
  // The "d=" of each signature that sign() would make.
  std::vector<std::string> domains_for(const Domain& header_from, WallTime now) const;
  // Requires: lines of `message` end in CRLF.
  Result<DkimSignatures> sign(std::string_view message, const Domain& header_from,
                              WallTime now) const;

  // Takes over key files that changed since they were read. Reads from disk: not on a loop.
  std::vector<DkimKeyChange> refresh_keys() const;

 private:
  struct Identity {
    std::shared_ptr<DkimKeyFile> key;
    Domain domain;
    std::string selector;
    SignedHeaders headers;
    Canonicalization header_form;
    Canonicalization body_form;
    bool signs_all;
    WallTime valid_from;
    WallTime valid_until;

    bool signs_for(const Domain& header_from) const;
    bool signs_at(WallTime now) const { return valid_from <= now && now < valid_until; }
  };
  class Bodies;

  static Result<std::string> make_signature(const Identity& identity,
                                            const std::vector<DkimField>& fields,
                                            const Sha256& body_hash, WallTime now);

  std::vector<Identity> identities_;
};

}  // namespace posthaste
