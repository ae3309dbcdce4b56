#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/transport/tls_report.h"

namespace posthaste {

enum class MtaStsMode : std::uint8_t { none, testing, enforce };
std::string_view to_string(MtaStsMode mode);

// A policy file (RFC 8461 §3.2).
struct MtaStsPolicy {
  MtaStsMode mode = MtaStsMode::none;
  std::vector<std::string> mx;  // patterns, lower case: "mx1.example.com", "*.example.com"
  std::chrono::seconds max_age{0};
  std::vector<std::string> lines;  // as the file has them, for reports
};
// Errors name the line: what is wrong.
Result<MtaStsPolicy> parse_mta_sts_policy(std::string_view text);

// Whether a policy may be served under this Content-Type: text/plain (RFC 8461 §3.2).
bool is_mta_sts_type(std::string_view content_type);

// Whether a TXT record begins as one of MTA-STS; others at that name do not count (RFC 8461 §3.1).
bool is_mta_sts_record(std::string_view text);
// The "id" of a TXT record "v=STSv1; id=…;" (RFC 8461 §3.1); nothing when it is no such record or
// malformed.
std::optional<std::string> parse_mta_sts_record(std::string_view text);

// RFC 8461 §4.1: a wildcard stands for exactly one label.
bool permits(const MtaStsPolicy& policy, std::string_view mx_host);

// What holds for mail to a domain now.
struct MtaStsAnswer {
  std::optional<MtaStsPolicy> policy;  // nothing: no policy, or one that could never be fetched
  TlsFailureType fetch_failure = TlsFailureType::none;  // of the last attempt to renew it
  std::string fetch_problem;
};

// Knows the policies of recipient domains.
class MtaStsPolicies {
 public:
  virtual ~MtaStsPolicies() = default;
  // From the cache where that is fresh; otherwise asks DNS, and HTTPS where the id has changed. Any
  // loop; returns on the caller's.
  virtual boost::asio::awaitable<MtaStsAnswer> policy_for(std::string domain) = 0;
};

}  // namespace posthaste
