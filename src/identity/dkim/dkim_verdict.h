#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace posthaste {

// What became of one signature, in the words of RFC 8601 §2.7.1.
enum class DkimResult : std::uint8_t { pass, fail, neutral, temperror, permerror };

// Why. Where RFC 6376 §6.1 has a phrase for it, describe() says that phrase.
enum class DkimReason : std::uint8_t {
  none,
  signature_syntax,
  missing_tag,
  unknown_version,
  unknown_algorithm,
  obsolete_algorithm,  // rsa-sha1
  unknown_canonicalization,
  unknown_query_method,
  domain_mismatch,  // "i=" is not within "d="
  from_not_signed,
  expired,
  from_the_future,
  key_unavailable,
  no_key,
  key_syntax,
  key_revoked,
  key_hash_forbidden,
  key_type_mismatch,
  key_not_for_email,
  key_too_short,
  subdomain_forbidden,  // "t=s"
  body_too_short,       // shorter than "l="
  body_changed,
  signature_wrong,
  too_many_signatures,
};

DkimResult result_of(DkimReason reason);
std::string_view to_string(DkimResult result);
std::string_view to_string(DkimReason reason);
std::string_view describe(DkimReason reason);

struct DkimVerdict {
  DkimResult result = DkimResult::neutral;
  DkimReason reason = DkimReason::none;
  // As the signature says; empty where it could not be read.
  std::string domain;
  std::string selector;
  std::string identity;  // "i="
  std::string algorithm;
  std::string b_start;      // the first 8 characters of "b=": names the signature (RFC 6008 §4)
  bool is_testing = false;  // the key says "t=y": do not treat the mail unlike unsigned mail
  bool covers_whole_body = true;  // false: "l=" leaves text after the signed part
};

}  // namespace posthaste
