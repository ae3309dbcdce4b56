#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/transport/tls_report_book.h"

namespace posthaste {

// Whether a TXT record begins as one of TLS-RPT; others at that name do not count (RFC 8460 §3).
bool is_tls_rpt_record(std::string_view text);
// Where a domain wants its reports, of a TXT record at _smtp._tls.DOMAIN (RFC 8460 §3): URIs as
// they are written, "mailto:…" and "https://…". Nothing when it is no such record or malformed.
std::optional<std::vector<std::string>> parse_tls_rpt_record(std::string_view text);

// Who reports.
struct TlsReportAuthor {
  std::string organization;  // "Company-X"
  std::string contact;       // an address
  std::string submitter;     // the domain that reports: our hostname
};

// One report on its way.
struct TlsReport {
  std::string domain;
  std::string id;
  WallTime begin;
  WallTime end;
  std::string gzip;  // the document (RFC 8460 §4.4), compressed

  // "submitter!domain!begin!end!id.json.gz" (RFC 8460 §5.1)
  std::string filename(const TlsReportAuthor& author) const;
};

// The document of RFC 8460 §4.4, as JSON.
std::string make_tls_document(const TlsDay& day, const TlsReportAuthor& author,
                              const TlsReport& report);
// All of it; ends with the day, or now where that is earlier. `unique` tells two reports of a day
// apart.
TlsReport make_tls_report(const TlsDay& day, const TlsReportAuthor& author, WallTime now,
                          std::string_view unique);

// The mail to `recipient` (RFC 8460 §5.3), lines ended by CRLF; not signed.
std::string make_tls_report_mail(const TlsReport& report, const TlsReportAuthor& author,
                                 const std::string& recipient, WallTime now);

// RFC 1952
std::string gzip(std::string_view octets);

}  // namespace posthaste
