#include "identity/doctor/mta_sts_policy_text.h"

#include <fmt/format.h>

namespace posthaste {

std::string mta_sts_record(WallTime now) {
  std::string id;
  for (const char c : to_rfc3339(now).substr(0, 19)) {
    if (c != '-' && c != ':') id += c;
  }
  return fmt::format("v=STSv1; id={};", id);
}

std::string mta_sts_policy_text(const std::vector<std::string>& hosts) {
  std::string text = "version: STSv1\nmode: enforce\n";
  for (const std::string& host : hosts) text += fmt::format("mx: {}\n", host);
  return text + "max_age: 604800\n";
}

std::string mta_sts_policy_url(const std::string& domain) {
  return fmt::format("https://mta-sts.{}/.well-known/mta-sts.txt", domain);
}

std::string tls_rpt_record(const std::string& domain) {
  return "v=TLSRPTv1; rua=mailto:tls-reports@" + domain;
}

}  // namespace posthaste
