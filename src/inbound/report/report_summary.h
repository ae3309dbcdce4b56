#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "inbound/report/sqlite.h"

namespace posthaste {

struct SummaryQuery {
  std::string domain;      // "": all
  std::int64_t since = 0;  // Unix time: reports that end later count
};

// One check of one sender, over all reports of the time asked for.
struct CheckSummary {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::string detail;  // why it fails, of the most messages: "signed by x.example, not aligned"
  // Since when every report has told of failures; nothing when the latest tells of none.
  std::optional<std::int64_t> failing_since;
};

// Who sends as us: one address, one From domain.
struct SenderSummary {
  std::string source_ip;
  std::string header_from;
  std::string name;  // the domain that it authenticates as, by DKIM else SPF; "" if by none
  std::uint64_t messages = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t rejected = 0;
  CheckSummary aligned;  // either of the two
  CheckSummary dkim;
  CheckSummary spf;
  std::int64_t first_seen = 0;
  std::int64_t last_seen = 0;
  std::size_t reporters = 0;
};

struct DomainSummary {
  std::string domain;
  std::string policy;  // of the latest report
  std::uint64_t reports = 0;
  std::set<std::string> reporters;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::uint64_t messages = 0;
  std::uint64_t aligned = 0;
  std::uint64_t failure_reports = 0;
  std::vector<SenderSummary> senders;  // most messages first
};

struct TlsFailureSummary {
  std::string result_type;
  std::string receiving_host;
  std::uint64_t sessions = 0;
  std::string first;  // as the reports write it
  std::string last;
};
struct TlsDomainSummary {
  std::string domain;
  std::uint64_t successful = 0;
  std::uint64_t failed = 0;
  std::set<std::string> reporters;
  std::vector<TlsFailureSummary> failures;  // most sessions first
};

struct ReportSummary {
  std::vector<DomainSummary> domains;
  std::vector<TlsDomainSummary> tls;
};

// Reads it from the tables of ReportStore.
Result<ReportSummary> read_summary(SqliteDatabase& database, const SummaryQuery& query);

nlohmann::ordered_json to_json(const ReportSummary& summary);

}  // namespace posthaste
