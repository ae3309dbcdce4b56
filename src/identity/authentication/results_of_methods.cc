#include <fmt/format.h>

#include "identity/authentication/authentication.h"

namespace posthaste {
namespace {

// A peer may say anything of any length; a result only names it.
std::string short_text(std::string_view text) {
  constexpr std::size_t kMax = 320;
  return std::string(text.substr(0, kMax));
}

// RFC 8601 §2.7.2
AuthenticationResult result_of_spf(const SpfVerdict& spf, const IncomingMessage& received) {
  AuthenticationResult result{"spf", std::string(to_string(spf.result)), "", "", {}};
  result.reason = short_text(spf.problem);
  if (!spf.mechanism.empty()) result.comment = "matched " + short_text(spf.mechanism);
  if (spf.is_of_helo || received.mail_from.empty()) {
    result.properties.push_back({"smtp", "helo", short_text(received.helo)});
  } else {
    result.properties.push_back({"smtp", "mailfrom", short_text(received.mail_from)});
  }
  return result;
}

// RFC 8601 §2.7.1, RFC 6008 §4
AuthenticationResult result_of_signature(const DkimVerdict& verdict) {
  AuthenticationResult result{"dkim", std::string(to_string(verdict.result)), "", "", {}};
  result.reason = describe(verdict.reason);
  // RFC 6376 §3.6.1: "t=y" is said of the domain's DKIM, not of this key.
  if (verdict.is_testing) result.comment = "the signer is testing DKIM";
  if (!verdict.covers_whole_body) {
    result.comment += result.comment.empty() ? "" : ", ";
    result.comment += "a part of the body is not signed";
  }
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) result.properties.push_back({"header", name, short_text(value)});
  };
  add("d", verdict.domain);
  add("i", verdict.identity);
  add("s", verdict.selector);
  add("a", verdict.algorithm);
  add("b", verdict.b_start);
  return result;
}

AuthenticationResult result_of_dmarc(const DmarcVerdict& dmarc, const std::string& header_from) {
  AuthenticationResult result{"dmarc", std::string(to_string(dmarc.result)), "", "", {}};
  result.reason = short_text(dmarc.problem);
  if (!dmarc.policy_domain.empty()) {
    result.comment = fmt::format("p={} of {}", to_string(dmarc.policy), dmarc.policy_domain);
  }
  if (!header_from.empty()) result.properties.push_back({"header", "from", header_from});
  return result;
}

// RFC 8617 §10.1
AuthenticationResult result_of_arc(const ArcVerdict& arc, const IncomingMessage& received) {
  AuthenticationResult result{"arc", std::string(to_string(arc.result)), "", "", {}};
  result.reason = short_text(arc.problem);
  if (arc.result == ArcResult::none) return result;
  result.comment = fmt::format("i={}", arc.instances);
  result.properties.push_back({"smtp", "remote-ip", received.client_address});
  if (arc.result == ArcResult::pass) {
    result.properties.push_back({"header", "oldest-pass", std::to_string(arc.oldest_pass)});
  }
  return result;
}

}  // namespace

AuthenticationResults to_authentication_results(const Authentication& found,
                                                const IncomingMessage& received,
                                                std::string_view authserv_id) {
  AuthenticationResults results{std::string(authserv_id), {}};
  results.results.push_back(result_of_spf(found.spf, received));
  for (const DkimVerdict& verdict : found.dkim) {
    if (verdict.reason == DkimReason::too_many_signatures) continue;
    results.results.push_back(result_of_signature(verdict));
  }
  if (found.dkim.empty()) results.results.push_back({"dkim", "none", "", "", {}});
  results.results.push_back(result_of_dmarc(found.dmarc, found.header_from));
  results.results.push_back(result_of_arc(found.arc, received));
  return results;
}

}  // namespace posthaste
