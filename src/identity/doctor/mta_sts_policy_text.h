#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace posthaste {

// "v=STSv1; id=20260131T235959;" (RFC 8461 §3.1): a new id tells receivers to fetch the policy
// again.
std::string mta_sts_record(WallTime now);
// A policy file (RFC 8461 §3.2) that lets mail go to these hosts alone, by verified TLS.
std::string mta_sts_policy_text(const std::vector<std::string>& hosts);
std::string mta_sts_policy_url(const std::string& domain);
// "v=TLSRPTv1; rua=mailto:…" (RFC 8460 §3).
std::string tls_rpt_record(const std::string& domain);

}  // namespace posthaste
