#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inbound/report/report_limits.h"

namespace posthaste {

// RFC 8460 §4.4, as another server tells it; "" where it does not say.
struct TlsReportFailure {
  std::string result_type;
  std::uint64_t count = 0;  // this and the others: at most kMaxReportCount
  std::string sending_address;
  std::string receiving_host;
  std::string receiving_helo;
  std::string receiving_address;
  std::string additional_information;
  std::string reason_code;
};
struct TlsReportPolicy {
  std::string policy_type;  // "sts", "tlsa", "no-policy-found"
  std::string policy_domain;
  std::vector<std::string> policy_string;
  std::vector<std::string> mx_hosts;
  std::uint64_t successful = 0;
  std::uint64_t failed = 0;
  std::vector<TlsReportFailure> failures;

  std::size_t rows() const { return 1 + policy_string.size() + mx_hosts.size() + failures.size(); }
};
// How others fared when they wanted to send to us over TLS.
struct ReceivedTlsReport {
  std::string organization_name;
  std::string report_id;
  std::string contact_info;  // "" also for null
  std::string start;         // as written, with a zone or without
  std::string end;
  std::vector<TlsReportPolicy> policies;

  // Policies, their failures, and what stands in their lists.
  std::size_t rows() const;
};

// Reads the JSON of one report; fields may be absent, null, or numbers written as text. Errors: no
// JSON, nested too deep, more than `max_rows`, no policies.
Result<ReceivedTlsReport> read_tls_report(std::string_view json,
                                          std::size_t max_rows = kMaxReportRows);

// True when the text may be a TLS report.
bool looks_like_tls_report(std::string_view text);

}  // namespace posthaste
