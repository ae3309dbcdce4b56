#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "inbound/feedback/feedback.h"
#include "inbound/report/dmarc_report.h"
#include "inbound/report/report_archive.h"
#include "inbound/report/tls_report_reader.h"

namespace posthaste {

using Report = std::variant<Feedback, DmarcReport, ReceivedTlsReport>;

// What came in, and how it was packed.
struct ReportReading {
  ReportContainer container = ReportContainer::plain;
  std::string submitter;        // From address of the mail; "" of a bare file
  std::vector<Report> reports;  // never empty
};

// A mail is refused beyond this; base64 of the largest archive fits.
constexpr std::size_t kMaxReportMail = 16U << 20U;

// Reads a whole mail: a complaint or failure report, or the aggregate reports attached to it.
// Errors: too large, whatever else it holds, for the limits are those of the whole mail; an
// attachment that should be a report and cannot be read, when no other can; no_report when nothing
// in it is one.
Result<ReportReading> read_report_mail(std::string_view mail);

// The same of a file, whatever it is: XML, JSON, gzip, zip, or a mail. What its name promises is
// held against what it is.
Result<ReportReading> read_report_file(std::string_view octets, std::string_view file_name);

}  // namespace posthaste
