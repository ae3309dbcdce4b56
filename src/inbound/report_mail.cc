#include "inbound/report_mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "inbound/inbound_error.h"
#include "mail/message.h"
#include "mail/mime.h"

namespace posthaste {
namespace {

constexpr ArchiveLimits kLimits;

// One unpacked file.
Result<Report> read_payload(std::string_view text) {
  if (looks_like_tls_report(text)) {
    auto report = read_tls_report(text);
    if (!report) return report.error();
    return Report(std::move(*report));
  }
  if (looks_like_dmarc_report(text)) {
    auto report = read_dmarc_report(text);
    if (!report) return report.error();
    return Report(std::move(*report));
  }
  return {InboundErrc::bad_report, "neither XML nor JSON: ask its sender what it is"};
}

// Adds the reports among the files of one archive.
Result<void> read_packed(const LabelledOctets& packed, ReportReading& into) {
  auto unpacked = unpack_report(packed, kLimits);
  if (!unpacked) return unpacked.error();
  into.container = unpacked->container;
  std::optional<Error> first;
  bool has_report = false;
  for (const std::string& file : unpacked->files) {
    auto report = read_payload(file);
    if (report) {
      into.reports.push_back(std::move(*report));
      has_report = true;
    } else if (!first) {
      first = report.error();
    }
  }
  return has_report ? Result<void>() : Result<void>(*first);
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool ends_like_report(std::string_view name) {
  static constexpr std::string_view kEnds[] = {".gz", ".gzip", ".zip", ".xml", ".json"};
  return std::any_of(std::begin(kEnds), std::end(kEnds), [name](std::string_view end) {
    return name.size() > end.size() &&
           equals_ignoring_case(name.substr(name.size() - end.size()), end);
  });
}

// Whether a part is labelled as what carries reports.
bool is_attachment(const MimePart& part) {
  return ends_like_report(part.filename) || part.type.starts_with("application/tlsrpt") ||
         is_one_of(part.type,
                   {"application/gzip", "application/x-gzip", "application/zip",
                    "application/x-zip", "application/x-zip-compressed", "application/xml",
                    "text/xml", "application/json", "application/octet-stream"});
}

// Some stand in the body itself.
bool is_inline_report(std::string_view text) {
  return (looks_like_dmarc_report(text) && text.find("<feedback") != std::string_view::npos) ||
         (looks_like_tls_report(text) && text.find("\"policies\"") != std::string_view::npos);
}

}  // namespace

Result<ReportReading> read_report_mail(std::string_view octets) {
  if (octets.size() > kMaxReportMail) {
    return {InboundErrc::too_large, fmt::format("the mail has {} octets, more than {}: its sender "
                                                "must split the report",
                                                octets.size(), kMaxReportMail)};
  }
  const MimeMessage mail(octets);
  ReportReading reading;
  const auto from = addresses_of(mail.root().fields().field("From"));
  if (!from.empty()) reading.submitter = from.front();
  if (auto feedback = read_feedback(mail)) {
    reading.reports.emplace_back(std::move(*feedback));
    reading.container = ReportContainer::mime;
    return reading;
  }
  std::optional<Error> first;
  for (const MimePart& part : mail.parts()) {
    if (!part.is_leaf) continue;
    const bool is_labelled = is_attachment(part);
    if (!is_labelled && part.type != "text/plain") continue;
    const std::string content = part.decoded(kLimits.max_packed + 1);
    if (!is_labelled && !is_inline_report(content)) continue;
    const std::string_view type = is_labelled ? std::string_view(part.type) : std::string_view();
    auto read = read_packed({content, part.filename, type}, reading);
    if (!read && !first) first = read.error();
  }
  reading.container = ReportContainer::mime;
  if (!reading.reports.empty()) return reading;
  if (first) return *first;
  return {InboundErrc::no_report, "nothing in the mail is a report: nothing to do"};
}

Result<ReportReading> read_report_file(std::string_view octets, std::string_view file_name) {
  using namespace std::string_view_literals;
  const bool is_packed = octets.starts_with("\x1f\x8b"sv) || octets.starts_with("PK"sv);
  if (!is_packed && !ends_like_report(file_name) && !looks_like_dmarc_report(octets) &&
      !looks_like_tls_report(octets)) {
    return read_report_mail(octets);
  }
  ReportReading reading;
  if (auto read = read_packed({octets, file_name, {}}, reading); !read) return read.error();
  return reading;
}

}  // namespace posthaste
