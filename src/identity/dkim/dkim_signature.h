#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "identity/dkim/dkim_canonical.h"
#include "identity/dkim/dkim_key.h"
#include "identity/dkim/dkim_verdict.h"

namespace posthaste {

// A DKIM-Signature field, read.
struct DkimSignature {
  DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256;
  Canonicalization header_form = Canonicalization::simple;
  Canonicalization body_form = Canonicalization::simple;
  std::string algorithm_text;
  std::string domain;                // lower case; "d="
  std::string selector;              // lower case
  std::string identity;              // "i=" as given, or "@domain"
  std::string identity_domain;       // of "i=", lower case
  std::vector<std::string> headers;  // lower case
  std::string body_hash;
  std::string signature;
  std::string b_start;
  std::optional<std::uint64_t> body_length;  // "l="
  std::optional<std::int64_t> created;       // "t=", seconds of Unix time
  std::optional<std::int64_t> expires;       // "x="
  std::string field_without_b;  // the field as it was signed: the value of "b=" cut out
};

struct ParsedDkimSignature {
  DkimSignature signature;  // as far as it could be read
  DkimReason problem = DkimReason::none;
};

// The fields that carry a signature in DKIM's form.
enum class SignatureKind : std::uint8_t {
  dkim,         // RFC 6376 §3.5
  arc_message,  // RFC 8617 §4.1.2: "i=" is an instance, there is no "v=", From may stay unsigned
  arc_seal,     // RFC 8617 §4.1.3: relaxed, without "h=" and "bh="
};

// Reads a field and holds it to the RFC of its kind and to RFC 8301, time apart. "i=" of ARC is not
// read here.
ParsedDkimSignature parse_dkim_signature(const DkimField& field,
                                         SignatureKind kind = SignatureKind::dkim);

// What time says of a signature: expired, from_the_future or none.
DkimReason judge_time(const DkimSignature& signature, WallTime now);

// The octets that were signed: the canonical header fields of "h=" and then the signature itself.
std::string signed_header_text(const DkimSignature& signature,
                               const std::vector<DkimField>& fields);

// A selector or domain as a signature may carry it: labels of letters, digits, "-" and "_".
bool is_dkim_name(std::string_view text);

}  // namespace posthaste
