#include "inbound/report/report_mail.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "inbound/report/report_error.h"
#include "inbound/report/report_limits.h"
#include "mail/message.h"
#include "mail/mime.h"

namespace posthaste {
namespace {

constexpr ArchiveLimits kLimits;

// The limits hold for all that one mail brings.
struct MailBudget {
  UnpackBudget octets{kLimits};
  std::size_t rows = kMaxReportRows;
};

// One unpacked file.
Result<Report> read_payload(std::string_view text, MailBudget& budget) {
  if (looks_like_tls_report(text)) {
    auto report = read_tls_report(text, budget.rows);
    if (!report) return report.error();
    budget.rows -= report->rows();
    return Report(std::move(*report));
  }
  if (looks_like_dmarc_report(text)) {
    auto report = read_dmarc_report(text, budget.rows);
    if (!report) return report.error();
    budget.rows -= report->rows();
    return Report(std::move(*report));
  }
  return {ReportErrc::bad_report, "neither XML nor JSON: ask its sender what it is"};
}

bool is_too_large(const Error& error) {
  return error.code == make_error_code(ReportErrc::too_large);
}

// Adds the reports among the files of one archive. The error of the first that is none, when none
// is one; of one that is too large in any case.
Result<void> read_packed(const LabelledOctets& packed, MailBudget& budget, ReportReading& into) {
  auto unpacked = unpack_report(packed, budget.octets);
  if (!unpacked) return unpacked.error();
  into.container = unpacked->container;
  std::optional<Error> first;
  bool has_report = false;
  for (const std::string& file : unpacked->files) {
    auto report = read_payload(file, budget);
    if (report) {
      into.reports.push_back(std::move(*report));
      has_report = true;
    } else if (is_too_large(report.error())) {
      return report.error();
    } else if (!first) {
      first = report.error();
    }
  }
  return has_report ? Result<void>() : Result<void>(*first);
}

// Whether a part is labelled as what carries reports.
bool is_attachment(const MimePart& part) {
  return container_named(part.filename) || container_typed(part.type) ||
         part.type.starts_with("application/tlsrpt") || part.type == "application/octet-stream";
}

// Some stand in the body itself.
bool is_inline_report(std::string_view text) {
  return (looks_like_dmarc_report(text) && text.find("<feedback") != std::string_view::npos) ||
         (looks_like_tls_report(text) && text.find("\"policies\"") != std::string_view::npos);
}

}  // namespace

Result<ReportReading> read_report_mail(std::string_view octets) {
  if (octets.size() > kMaxReportMail) {
    return {ReportErrc::too_large, fmt::format("the mail has {} octets, more than {}: its sender "
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
  MailBudget budget;
  for (const MimePart& part : mail.parts()) {
    if (!part.is_leaf) continue;
    const bool is_labelled = is_attachment(part);
    if (!is_labelled && part.type != "text/plain") continue;
    const std::string content = part.decoded(kLimits.max_packed + 1);
    if (!is_labelled && !is_inline_report(content)) continue;
    const std::string_view type = is_labelled ? std::string_view(part.type) : std::string_view();
    auto read = read_packed({content, part.filename, type}, budget, reading);
    if (!read && is_too_large(read.error())) return read.error();
    if (!read && !first) first = read.error();
  }
  reading.container = ReportContainer::mime;
  if (!reading.reports.empty()) return reading;
  if (first) return *first;
  return {ReportErrc::no_report, "nothing in the mail is a report: nothing to do"};
}

Result<ReportReading> read_report_file(std::string_view octets, std::string_view file_name) {
  using namespace std::string_view_literals;
  const bool is_packed = octets.starts_with("\x1f\x8b"sv) || octets.starts_with("PK"sv);
  if (!is_packed && !container_named(file_name) && !looks_like_dmarc_report(octets) &&
      !looks_like_tls_report(octets)) {
    return read_report_mail(octets);
  }
  ReportReading reading;
  MailBudget budget;
  if (auto read = read_packed({octets, file_name, {}}, budget, reading); !read) return read.error();
  return reading;
}

}  // namespace posthaste
