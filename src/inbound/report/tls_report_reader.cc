#include "inbound/report/tls_report_reader.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "inbound/report/report_error.h"

namespace posthaste {
namespace {

using nlohmann::json;

// A report is four levels deep; each level costs the reader memory.
constexpr int kMaxDepth = 16;
// Values of one report; each costs about 100 octets of memory.
constexpr std::size_t kMaxValues = 1'000'000;

std::string text_at(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number()) return found->dump();
  return {};
}

std::uint64_t count_at(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return 0;
  const json& value = object[key];
  if (value.is_number_unsigned()) return std::min(value.get<std::uint64_t>(), kMaxReportCount);
  if (!value.is_string()) return 0;
  const auto& text = value.get_ref<const std::string&>();
  std::uint64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec == std::errc::result_out_of_range) return kMaxReportCount;
  return std::min(count, kMaxReportCount);
}

// A list of texts, or one text in its place.
std::vector<std::string> texts_at(const json& object, const char* key) {
  std::vector<std::string> texts;
  if (!object.is_object() || !object.contains(key)) return texts;
  const json& value = object[key];
  if (value.is_string()) texts.push_back(value.get<std::string>());
  if (!value.is_array()) return texts;
  for (const json& one : value) {
    if (texts.size() == kMaxReportList) break;
    if (one.is_string()) texts.push_back(one.get<std::string>());
  }
  return texts;
}

const json& at(const json& object, const char* key) {
  static const json kNothing;
  const bool has = object.is_object() && object.contains(key);
  return has ? object[key] : kNothing;
}

// RFC 8460 §4.4
TlsReportFailure read_failure(const json& object) {
  TlsReportFailure failure;
  failure.result_type = text_at(object, "result-type");
  failure.count = count_at(object, "failed-session-count");
  failure.sending_address = text_at(object, "sending-mta-ip");
  failure.receiving_host = text_at(object, "receiving-mx-hostname");
  failure.receiving_helo = text_at(object, "receiving-mx-helo");
  failure.receiving_address = text_at(object, "receiving-ip");
  failure.additional_information = text_at(object, "additional-information");
  failure.reason_code = text_at(object, "failure-reason-code");
  return failure;
}

// At most one row more than `max_rows`.
TlsReportPolicy read_policy(const json& object, std::size_t max_rows) {
  TlsReportPolicy policy;
  const json& named = at(object, "policy");
  policy.policy_type = text_at(named, "policy-type");
  policy.policy_domain = text_at(named, "policy-domain");
  policy.policy_string = texts_at(named, "policy-string");
  policy.mx_hosts = texts_at(named, "mx-host");
  const json& summary = at(object, "summary");
  policy.successful = count_at(summary, "total-successful-session-count");
  policy.failed = count_at(summary, "total-failure-session-count");
  const json& failures = at(object, "failure-details");
  if (!failures.is_array()) return policy;
  for (const json& failure : failures) {
    if (policy.rows() > max_rows) break;
    if (failure.is_object()) policy.failures.push_back(read_failure(failure));
  }
  return policy;
}

// Looks at brackets and commas only, before anything is built of them.
bool is_bounded(std::string_view text) {
  std::size_t values = 0;
  int depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') is_quoted = !is_quoted;
    if (is_quoted) {
      if (c == '\\') ++i;
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == '[' || c == '{' || c == ',') ++values;
    if (depth > kMaxDepth || values > kMaxValues) return false;
  }
  return true;
}

}  // namespace

std::size_t ReceivedTlsReport::rows() const {
  std::size_t sum = 0;
  for (const TlsReportPolicy& policy : policies) sum += policy.rows();
  return sum;
}

Result<ReceivedTlsReport> read_tls_report(std::string_view text, std::size_t max_rows) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!is_bounded(text)) {
    return {ReportErrc::too_large,
            "the JSON is deeper or longer than any report: made to exhaust its reader, do not "
            "open it"};
  }
  const json document = json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) {
    return {ReportErrc::bad_report, "no JSON object, or a broken one: ask for it again"};
  }
  const json& policies = at(document, "policies");
  if (!policies.is_array()) {
    return {ReportErrc::no_report, "the JSON has no policies: not a TLS report"};
  }
  ReceivedTlsReport report;
  report.organization_name = text_at(document, "organization-name");
  report.report_id = text_at(document, "report-id");
  report.contact_info = text_at(document, "contact-info");
  const json& range = at(document, "date-range");
  report.start = text_at(range, "start-datetime");
  report.end = text_at(range, "end-datetime");
  std::size_t left = max_rows;
  for (const json& one : policies) {
    if (!one.is_object()) continue;
    TlsReportPolicy policy = read_policy(one, left);
    if (policy.rows() > left) {
      return {ReportErrc::too_large,
              "the mail has more than " + std::to_string(kMaxReportRows) +
                  " policies and failures: the sender must split the report"};
    }
    left -= policy.rows();
    report.policies.push_back(std::move(policy));
  }
  return report;
}

bool looks_like_tls_report(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return begin != std::string_view::npos && text[begin] == '{';
}

}  // namespace posthaste
