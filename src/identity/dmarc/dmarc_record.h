#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

enum class DmarcPolicy : std::uint8_t { none, quarantine, reject };
std::string_view to_string(DmarcPolicy policy);

enum class DmarcAlignment : std::uint8_t { relaxed, strict };

// Where reports go: the mailto: address or other URI; "!10m" size limits are read and dropped.
struct DmarcReportUri {
  std::string uri;      // "mailto:dmarc@example.com"
  std::string mailbox;  // of mailto:, else ""
};

// A policy record (RFC 9989 §4.7), defaults filled in.
struct DmarcRecord {
  DmarcPolicy policy = DmarcPolicy::none;                   // p
  bool has_policy = false;                                  // p was there and could be read
  std::optional<DmarcPolicy> subdomain_policy;              // sp
  std::optional<DmarcPolicy> nonexistent_policy;            // np
  DmarcAlignment dkim_alignment = DmarcAlignment::relaxed;  // adkim
  DmarcAlignment spf_alignment = DmarcAlignment::relaxed;   // aspf
  std::vector<DmarcReportUri> aggregate_reports;            // rua
  std::vector<DmarcReportUri> failure_reports;              // ruf
  std::string failure_options = "0";                        // fo
  char psd = 'u';                                           // psd: y, n, u
  bool is_testing = false;                                  // t=y
  // RFC 9989 §4.10.1: false when p, sp or np cannot be read and there is no rua either. The record
  // counts in the tree walk, but no message is judged by it.
  bool applies = true;
  std::vector<std::string> obsolete_tags;  // pct, rf, ri: removed by RFC 9989
  std::vector<std::string> problems;       // what was malformed and ignored; for people
};

// One tag as it stands, without the blanks around it.
struct DmarcTag {
  std::string_view text;   // "P = none"
  std::string name;        // "p"; all of it where there is no "="
  std::string_view value;  // "none"
};
// The tags of a record, the version first; they point into `text`. Empty ones are left out.
std::vector<DmarcTag> split_dmarc_record(std::string_view text);

// True when `text` begins as a DMARC record must: v=DMARC1, exactly.
bool is_dmarc_record(std::string_view text);
// Nothing when it is no DMARC record (RFC 9989 §4.7). Of a tag that stands twice the first counts.
std::optional<DmarcRecord> parse_dmarc_record(std::string_view text);

}  // namespace posthaste
