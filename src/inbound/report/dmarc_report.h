#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inbound/report/report_limits.h"

namespace posthaste {

// One signature that the receiver looked at, and what came of it.
struct DmarcReportDkim {
  std::string domain;
  std::string selector;
  std::string result;  // lower case
  std::string human_result;
};
struct DmarcReportSpf {
  std::string domain;
  std::string scope;   // "mfrom", "helo", or ""
  std::string result;  // lower case
  std::string human_result;
};
// Why the receiver did something else than the policy asks for.
struct DmarcOverride {
  std::string type;
  std::string comment;
};

// What one address sent in our name: a row of the report.
struct DmarcReportRecord {
  std::string source_ip;
  std::uint64_t count = 0;  // at most kMaxReportCount
  std::string disposition;  // lower case: none, pass, quarantine, reject
  std::string dkim;         // of policy_evaluated, lower case: aligned and passed, or "fail"
  std::string spf;
  std::vector<DmarcOverride> reasons;
  std::string header_from;
  std::string envelope_from;
  std::string envelope_to;
  std::vector<DmarcReportDkim> dkim_results;
  std::vector<DmarcReportSpf> spf_results;

  bool is_aligned() const { return dkim == "pass" || spf == "pass"; }
  std::size_t rows() const { return 1 + reasons.size() + dkim_results.size() + spf_results.size(); }
};

// An aggregate report of RFC 9990, or of RFC 7489 which it replaces. What a report does not say is
// "".
struct DmarcReport {
  std::string xml_namespace;
  std::string org_name;
  std::string email;
  std::string extra_contact_info;
  std::string report_id;
  std::string generator;
  std::vector<std::string> errors;
  std::int64_t begin = 0;  // Unix time
  std::int64_t end = 0;

  std::string domain;  // whose policy it was
  std::string p;
  std::string sp;
  std::string np;
  std::string adkim;
  std::string aspf;
  std::string fo;
  std::string pct;
  std::string testing;
  std::string discovery_method;

  std::vector<DmarcReportRecord> records;

  // False: the XML is broken, and this is what could be read of it.
  bool is_well_formed = true;
  std::string problem;

  std::uint64_t messages() const;
  std::uint64_t messages_aligned() const;
  // Records, and what stands in their lists.
  std::size_t rows() const;
};

// Reads the XML of one report; any namespace, any order, unknown elements ignored. Errors: a
// document type, too much or more than `max_rows`, no <feedback>, one without report_metadata and
// without records, a broken one of which nothing that counts could be read.
Result<DmarcReport> read_dmarc_report(std::string_view xml, std::size_t max_rows = kMaxReportRows);

// True when the text may be an aggregate report, broken or not.
bool looks_like_dmarc_report(std::string_view text);

}  // namespace posthaste
