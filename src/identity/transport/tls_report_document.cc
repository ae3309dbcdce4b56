#include "identity/transport/tls_report_document.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/json_text.h"
#include "mail/base64.h"
#include "mail/message.h"

namespace posthaste {

using nlohmann::ordered_json;

namespace {

constexpr std::string_view kVersion = "v=TLSRPTv1";

// "2026-11-25T00:00:00Z": RFC 3339 with whole seconds.
std::string to_seconds_text(WallTime time) {
  return to_rfc3339(time).substr(0, 19) + "Z";
}

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// RFC 2045 §6.8, in lines of 76 characters.
std::string base64_lines(std::string_view octets) {
  constexpr std::size_t kLine = 57;
  std::string text;
  for (std::size_t i = 0; i < octets.size(); i += kLine) {
    text += encode_base64(octets.substr(i, kLine));
    text += "\r\n";
  }
  return text;
}

void put(ordered_json& into, const char* key, const std::string& value) {
  if (!value.empty()) into[key] = value;
}

ordered_json to_json(const TlsPolicyCounts& counts) {
  ordered_json policy{{"policy-type", to_string(counts.policy.type)}};
  if (!counts.policy.text.empty()) policy["policy-string"] = counts.policy.text;
  policy["policy-domain"] = counts.policy.domain;
  if (!counts.policy.mx_hosts.empty()) policy["mx-host"] = counts.policy.mx_hosts;
  ordered_json result{{"policy", std::move(policy)},
                      {"summary",
                       {{"total-successful-session-count", counts.successful},
                        {"total-failure-session-count", counts.failed}}}};
  for (const auto& one : counts.failures) {
    ordered_json failure{{"result-type", to_string(one.type)}};
    put(failure, "sending-mta-ip", one.sending_address);
    put(failure, "receiving-mx-hostname", one.receiving_host);
    put(failure, "receiving-mx-helo", one.receiving_helo);
    put(failure, "receiving-ip", one.receiving_address);
    failure["failed-session-count"] = one.count;
    put(failure, "failure-reason-code", one.detail);
    result["failure-details"].push_back(std::move(failure));
  }
  return result;
}

}  // namespace

bool is_tls_rpt_record(std::string_view text) {
  return text.starts_with(kVersion) && trim_blanks(text.substr(kVersion.size())).starts_with(';');
}

// tlsrpt-record  = tlsrpt-version 1*(field-delim tlsrpt-field) [field-delim]
// tlsrpt-version = %s"v=TLSRPTv1"
// tlsrpt-rua     = %s"rua=" tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri)
std::optional<std::vector<std::string>> parse_tls_rpt_record(std::string_view text) {
  constexpr std::size_t kMaxUris = 8;
  if (!is_tls_rpt_record(text)) return std::nullopt;
  text = trim_blanks(text.substr(kVersion.size()));
  std::vector<std::string> uris;
  while (!text.empty()) {
    if (text.front() != ';') return std::nullopt;
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view field = trim_blanks(text.substr(0, end));
    text.remove_prefix(end);
    if (field.empty()) continue;
    if (field.find('=') == std::string_view::npos) return std::nullopt;
    if (!field.starts_with("rua=") || !uris.empty()) continue;
    std::string_view list = field.substr(4);
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view uri = trim_blanks(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (!uri.empty() && uris.size() < kMaxUris) uris.emplace_back(uri);
    }
  }
  if (uris.empty()) return std::nullopt;
  return uris;
}

std::string TlsReport::filename(const TlsReportAuthor& author) const {
  std::string unique;
  for (const char c : id) unique += std::isalnum(static_cast<unsigned char>(c)) ? c : '-';
  return fmt::format("{}!{}!{}!{}!{}.json.gz", author.submitter, domain, unix_seconds(begin),
                     unix_seconds(end), unique);
}

std::string make_tls_document(const TlsDay& day, const TlsReportAuthor& author,
                              const TlsReport& report) {
  ordered_json policies = ordered_json::array();
  for (const TlsPolicyCounts& one : day.policies) policies.push_back(to_json(one));
  const ordered_json document{{"organization-name", author.organization},
                              {"date-range",
                               {{"start-datetime", to_seconds_text(report.begin)},
                                {"end-datetime", to_seconds_text(report.end)}}},
                              {"contact-info", author.contact},
                              {"report-id", report.id},
                              {"policies", std::move(policies)}};
  return dump_json(document, 2);
}

TlsReport make_tls_report(const TlsDay& day, const TlsReportAuthor& author, WallTime now,
                          std::string_view unique) {
  TlsReport report;
  report.domain = day.domain;
  report.begin = day.day;
  report.end = std::min(now, WallTime(day.day + std::chrono::days(1)) - std::chrono::seconds(1));
  report.id = fmt::format("{}_{}_{}", to_seconds_text(report.begin), day.domain, unique);
  report.gzip = gzip(make_tls_document(day, author, report));
  return report;
}

std::string make_tls_report_mail(const TlsReport& report, const TlsReportAuthor& author,
                                 const std::string& recipient, WallTime now) {
  const std::string boundary = fmt::format("tlsrpt-{:x}", now.time_since_epoch().count());
  const std::string message_id = fmt::format("tlsrpt.{:x}.{}@{}", now.time_since_epoch().count(),
                                             report.domain, author.submitter);
  std::string mail;
  const auto line = [&mail](const std::string& text) { mail += text + "\r\n"; };
  line("From: <" + author.contact + ">");
  line("To: <" + recipient + ">");
  line("Date: " + format_date(now));
  line("Message-ID: <" + message_id + ">");
  line(fmt::format("Subject: Report Domain: {}\r\n Submitter: {}\r\n Report-ID: <{}>",
                   report.domain, author.submitter, report.id));
  line("TLS-Report-Domain: " + report.domain);
  line("TLS-Report-Submitter: " + author.submitter);
  // RFC 8460 §3: a report that tells of broken TLS is not held up by it.
  line("TLS-Required: No");
  line("Auto-Submitted: auto-generated");
  line("MIME-Version: 1.0");
  line("Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"" + boundary + "\"");
  line("");
  line("--" + boundary);
  line("Content-Type: text/plain; charset=us-ascii");
  line("");
  line(fmt::format("This is a TLS report for {} from {},\r\nabout mail sent from {} to {}.",
                   report.domain, author.submitter, to_seconds_text(report.begin),
                   to_seconds_text(report.end)));
  line("--" + boundary);
  line("Content-Type: application/tlsrpt+gzip");
  line("Content-Transfer-Encoding: base64");
  line("Content-Disposition: attachment;\r\n filename=\"" + report.filename(author) + "\"");
  line("");
  mail += base64_lines(report.gzip);
  line("--" + boundary + "--");
  return mail;
}

std::string gzip(std::string_view octets) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;  // zlib.h: a window of 32 KiB, and a gzip header
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(deflateBound(&stream, octets.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
  stream.avail_in = static_cast<uInt>(octets.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace posthaste
