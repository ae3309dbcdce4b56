#include "identity/dkim/dkim_verdict.h"

#include <array>
#include <cstddef>

namespace posthaste {
namespace {

struct ReasonText {
  std::string_view name;
  std::string_view text;
};

// In the order of DkimReason.
constexpr std::array<ReasonText, 25> kReasons = {{
    {"none", ""},
    {"signature_syntax", "signature syntax error"},
    {"missing_tag", "signature missing required tag"},
    {"unknown_version", "incompatible version"},
    {"unknown_algorithm", "unknown signature algorithm"},
    {"obsolete_algorithm", "rsa-sha1 is no longer accepted"},
    {"unknown_canonicalization", "unknown canonicalization"},
    {"unknown_query_method", "unknown query method"},
    {"domain_mismatch", "domain mismatch"},
    {"from_not_signed", "From field not signed"},
    {"expired", "signature expired"},
    {"from_the_future", "signature made in the future"},
    {"key_unavailable", "key unavailable"},
    {"no_key", "no key for signature"},
    {"key_syntax", "key syntax error"},
    {"key_revoked", "key revoked"},
    {"key_hash_forbidden", "inappropriate hash algorithm"},
    {"key_type_mismatch", "inappropriate key algorithm"},
    {"key_not_for_email", "key is not for email"},
    {"key_too_short", "key shorter than 1024 bits"},
    {"subdomain_forbidden", "key does not allow a subdomain in i="},
    {"body_too_short", "body shorter than l="},
    {"body_changed", "body hash did not verify"},
    {"signature_wrong", "signature did not verify"},
    {"too_many_signatures", "too many signatures: not judged"},
}};
static_assert(kReasons.size() == static_cast<std::size_t>(DkimReason::too_many_signatures) + 1);

}  // namespace

DkimResult result_of(DkimReason reason) {
  switch (reason) {
    case DkimReason::none:
      return DkimResult::pass;
    case DkimReason::body_changed:
    case DkimReason::signature_wrong:
      return DkimResult::fail;
    case DkimReason::key_unavailable:
      return DkimResult::temperror;
    case DkimReason::from_the_future:
    case DkimReason::too_many_signatures:
      return DkimResult::neutral;
    default:
      return DkimResult::permerror;
  }
}

std::string_view to_string(DkimResult result) {
  switch (result) {
    case DkimResult::pass:
      return "pass";
    case DkimResult::fail:
      return "fail";
    case DkimResult::neutral:
      return "neutral";
    case DkimResult::temperror:
      return "temperror";
    case DkimResult::permerror:
      return "permerror";
  }
  return "permerror";
}

std::string_view to_string(DkimReason reason) {
  return kReasons[static_cast<std::size_t>(reason)].name;
}

std::string_view describe(DkimReason reason) {
  return kReasons[static_cast<std::size_t>(reason)].text;
}

}  // namespace posthaste
