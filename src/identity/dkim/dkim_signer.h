#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_key.h"
#include "mail/address.h"
#include "platform/config_error.h"

namespace posthaste {

// Which kind of key a `dkim` block expects; `any` takes the key as it is.
enum class DkimKeyChoice : std::uint8_t { any, rsa_sha256, ed25519_sha256 };

// One `dkim` block.
struct DkimConfig {
  bool sign = true;
  std::string selector;
  std::string domain;
  std::filesystem::path private_key;  // a PEM file
  DkimKeyChoice algorithm = DkimKeyChoice::any;
  // Names of the header fields to sign where present; empty means default_signed_headers(). One
  // that is given twice is oversigned. From is signed and oversigned always.
  std::vector<std::string> headers;
};

// What RFC 6376 §5.4.1 recommends, with what mailbox providers ask for since.
const std::vector<std::string>& default_signed_headers();

struct DkimSignatures {
  std::string headers;  // complete DKIM-Signature fields, to stand before the message; may be ""
  std::vector<std::string> domains;  // the "d=" of each
};

// Signs mail for every `dkim` block whose domain is that of From or a parent of it; several
// matching blocks make several signatures. Relaxed/relaxed, never "l=". Reads keys once, in
// load(); after that any number of threads may sign at the same time.
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

  bool signs_for(const Domain& header_from) const;
  // Requires: lines of `message` end in CRLF.
  Result<DkimSignatures> sign(std::string_view message, const Domain& header_from,
                              WallTime now) const;

 private:
  struct HeaderRule {
    std::string name;  // lower case
    bool oversign = false;
  };
  struct Identity {
    DkimPrivateKey key;
    Domain domain;
    std::string selector;
    std::vector<HeaderRule> headers;
  };
  struct Digests;

  static std::vector<HeaderRule> header_rules(const std::vector<std::string>& names);
  static Result<std::string> make_signature(const Identity& identity,
                                            const std::vector<DkimField>& fields,
                                            const Digests& digests);

  std::vector<Identity> identities_;
};

}  // namespace posthaste
