#include "inbound/report/report_summary.h"

#include <algorithm>
#include <map>
#include <utility>

namespace posthaste {
namespace {

using nlohmann::ordered_json;

// One check of one sender, fed with its rows in the order of time.
class CheckTally {
 public:
  void add(std::int64_t begin, std::uint64_t count, const std::string& failure) {
    if (begin != period_) close_period();
    period_ = begin;
    if (failure.empty()) {
      check_.passed += count;
      return;
    }
    check_.failed += count;
    has_failed_ = true;
    failures_[failure] += count;
  }

  CheckSummary take() {
    close_period();
    const auto most =
        std::max_element(failures_.begin(), failures_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != failures_.end()) check_.detail = most->first;
    return std::move(check_);
  }

 private:
  // A period without failures ends the run of those that had some.
  void close_period() {
    if (!period_) return;
    if (!has_failed_) {
      check_.failing_since.reset();
    } else if (!check_.failing_since) {
      check_.failing_since = period_;
    }
    has_failed_ = false;
  }

  CheckSummary check_;
  std::optional<std::int64_t> period_;
  bool has_failed_ = false;
  std::map<std::string, std::uint64_t> failures_;
};

struct SenderTally {
  SenderSummary sender;
  CheckTally aligned;
  CheckTally dkim;
  CheckTally spf;
  std::set<std::string> reporters;
  std::map<std::string, std::uint64_t> names;

  SenderSummary take() {
    sender.aligned = aligned.take();
    sender.dkim = dkim.take();
    sender.spf = spf.take();
    sender.reporters = reporters.size();
    const auto most =
        std::max_element(names.begin(), names.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != names.end()) sender.name = most->first;
    return std::move(sender);
  }
};

constexpr std::string_view kDomains = R"(
SELECT domain, org, policy, "begin", "end" FROM dmarc_report
WHERE "end" >= ?1 AND (?2 = '' OR domain = ?2 OR domain LIKE '%.' || ?2) ORDER BY "begin")";

constexpr std::string_view kRows = R"(
SELECT p.domain, r.header_from, r.source_ip, p."begin", p."end", p.org, r.count, r.disposition,
       r.dkim, r.spf, r.dkim_detail, r.spf_detail, r.sender
FROM dmarc_report p JOIN dmarc_row r ON r.report = p.id
WHERE p."end" >= ?1 AND (?2 = '' OR p.domain = ?2 OR p.domain LIKE '%.' || ?2)
ORDER BY p.domain, r.header_from, r.source_ip, p."begin")";

constexpr std::string_view kFailures = R"(
SELECT domain, COUNT(*) FROM dmarc_failure
WHERE received >= ?1 AND (?2 = '' OR domain = ?2 OR domain LIKE '%.' || ?2) GROUP BY domain)";

// Counts are others' words: SUM would fail where they overflow, and the whole summary with it.
constexpr std::string_view kTls = R"(
SELECT y.domain, p.org, CAST(TOTAL(y.successful) AS INTEGER), CAST(TOTAL(y.failed) AS INTEGER)
FROM tls_report p JOIN tls_policy y ON y.report = p.id
WHERE p.received >= ?1 AND (?2 = '' OR y.domain = ?2 OR y.domain LIKE '%.' || ?2)
GROUP BY y.domain, p.org ORDER BY y.domain)";

constexpr std::string_view kTlsFailures = R"(
SELECT y.domain, f.result_type, f.receiving_host, CAST(TOTAL(f.count) AS INTEGER), MIN(p.start),
       MAX(p."end")
FROM tls_report p JOIN tls_policy y ON y.report = p.id JOIN tls_failure f ON f.policy = y.id
WHERE p.received >= ?1 AND (?2 = '' OR y.domain = ?2 OR y.domain LIKE '%.' || ?2)
GROUP BY 1, 2, 3 ORDER BY TOTAL(f.count) DESC)";

// Runs a query and hands each row to `take`.
template <class Take>
Result<void> each_row(SqliteDatabase& database, std::string_view sql, const SummaryQuery& query,
                      Take take) {
  auto statement = database.prepare(sql);
  if (!statement) return statement.error();
  statement->bind(1, query.since);
  statement->bind(2, std::string_view(query.domain));
  while (statement->step()) take(*statement);
  return statement->finish();
}

std::uint64_t count_at(const SqliteStatement& row, int column) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(row.number(column), 0));
}

void read_domain(const SqliteStatement& row, std::map<std::string, DomainSummary>& domains) {
  DomainSummary& domain = domains[row.text(0)];
  domain.domain = row.text(0);
  domain.reporters.insert(row.text(1));
  domain.policy = row.text(2);
  domain.begin = domain.reports == 0 ? row.number(3) : std::min(domain.begin, row.number(3));
  domain.end = std::max(domain.end, row.number(4));
  ++domain.reports;
}

void read_row(const SqliteStatement& row, SenderTally& tally) {
  SenderSummary& sender = tally.sender;
  const std::int64_t begin = row.number(3);
  const std::uint64_t count = count_at(row, 6);
  const std::string disposition = row.text(7);
  const bool dkim = row.text(8) == "pass";
  const bool spf = row.text(9) == "pass";
  sender.first_seen = sender.messages == 0 ? begin : std::min(sender.first_seen, begin);
  sender.last_seen = std::max(sender.last_seen, row.number(4));
  sender.messages += count;
  if (disposition == "quarantine") sender.quarantined += count;
  if (disposition == "reject") sender.rejected += count;
  const std::string dkim_failure = dkim ? "" : row.text(10);
  const std::string spf_failure = spf ? "" : row.text(11);
  tally.dkim.add(begin, count, dkim_failure);
  tally.spf.add(begin, count, spf_failure);
  tally.aligned.add(begin, count,
                    dkim || spf ? "" : "DKIM: " + dkim_failure + "; SPF: " + spf_failure);
  tally.reporters.insert(row.text(5));
  if (const std::string name = row.text(12); !name.empty()) tally.names[name] += count;
}

void finish(SenderTally& tally, DomainSummary& domain) {
  SenderSummary sender = tally.take();
  domain.messages += sender.messages;
  domain.aligned += sender.aligned.passed;
  domain.senders.push_back(std::move(sender));
}

Result<void> read_dmarc(SqliteDatabase& database, const SummaryQuery& query,
                        std::map<std::string, DomainSummary>& domains) {
  auto reports = each_row(database, kDomains, query,
                          [&](const SqliteStatement& row) { read_domain(row, domains); });
  if (!reports) return reports;
  std::optional<SenderTally> tally;
  std::string current;
  auto rows = each_row(database, kRows, query, [&](const SqliteStatement& row) {
    const bool is_same = tally && current == row.text(0) &&
                         tally->sender.header_from == row.text(1) &&
                         tally->sender.source_ip == row.text(2);
    if (!is_same) {
      if (tally) finish(*tally, domains[current]);
      tally.emplace();
      current = row.text(0);
      tally->sender.header_from = row.text(1);
      tally->sender.source_ip = row.text(2);
    }
    read_row(row, *tally);
  });
  if (!rows) return rows;
  if (tally) finish(*tally, domains[current]);
  for (auto& [name, domain] : domains) {
    std::stable_sort(
        domain.senders.begin(), domain.senders.end(),
        [](const SenderSummary& a, const SenderSummary& b) { return a.messages > b.messages; });
  }
  return each_row(database, kFailures, query, [&](const SqliteStatement& row) {
    DomainSummary& domain = domains[row.text(0)];
    domain.domain = row.text(0);
    domain.failure_reports = count_at(row, 1);
  });
}

Result<void> read_tls(SqliteDatabase& database, const SummaryQuery& query,
                      std::map<std::string, TlsDomainSummary>& domains) {
  auto totals = each_row(database, kTls, query, [&](const SqliteStatement& row) {
    TlsDomainSummary& domain = domains[row.text(0)];
    domain.domain = row.text(0);
    domain.reporters.insert(row.text(1));
    domain.successful += count_at(row, 2);
    domain.failed += count_at(row, 3);
  });
  if (!totals) return totals;
  return each_row(database, kTlsFailures, query, [&](const SqliteStatement& row) {
    domains[row.text(0)].failures.push_back(
        {row.text(1), row.text(2), count_at(row, 3), row.text(4), row.text(5)});
  });
}

ordered_json check_json(const CheckSummary& check) {
  ordered_json json = {{"passed", check.passed}, {"failed", check.failed}};
  if (!check.detail.empty()) json["detail"] = check.detail;
  if (check.failing_since) json["failing_since"] = *check.failing_since;
  return json;
}

ordered_json sender_json(const SenderSummary& sender) {
  return {{"source_ip", sender.source_ip},         {"name", sender.name},
          {"header_from", sender.header_from},     {"messages", sender.messages},
          {"quarantined", sender.quarantined},     {"rejected", sender.rejected},
          {"aligned", check_json(sender.aligned)}, {"dkim", check_json(sender.dkim)},
          {"spf", check_json(sender.spf)},         {"first_seen", sender.first_seen},
          {"last_seen", sender.last_seen},         {"reporters", sender.reporters}};
}

}  // namespace

Result<ReportSummary> read_summary(SqliteDatabase& database, const SummaryQuery& query) {
  std::map<std::string, DomainSummary> domains;
  std::map<std::string, TlsDomainSummary> tls;
  if (auto read = read_dmarc(database, query, domains); !read) return read.error();
  if (auto read = read_tls(database, query, tls); !read) return read.error();
  ReportSummary summary;
  for (auto& [name, domain] : domains) summary.domains.push_back(std::move(domain));
  for (auto& [name, domain] : tls) summary.tls.push_back(std::move(domain));
  return summary;
}

ordered_json to_json(const ReportSummary& summary) {
  ordered_json json = {{"domains", ordered_json::array()}, {"tls", ordered_json::array()}};
  for (const DomainSummary& domain : summary.domains) {
    ordered_json one = {{"domain", domain.domain},
                        {"policy", domain.policy},
                        {"reports", domain.reports},
                        {"reporters", domain.reporters},
                        {"begin", domain.begin},
                        {"end", domain.end},
                        {"messages", domain.messages},
                        {"aligned", domain.aligned},
                        {"failure_reports", domain.failure_reports}};
    one["senders"] = ordered_json::array();
    for (const SenderSummary& sender : domain.senders)
      one["senders"].push_back(sender_json(sender));
    json["domains"].push_back(std::move(one));
  }
  for (const TlsDomainSummary& domain : summary.tls) {
    ordered_json one = {{"domain", domain.domain},
                        {"successful", domain.successful},
                        {"failed", domain.failed},
                        {"reporters", domain.reporters},
                        {"failures", ordered_json::array()}};
    for (const TlsFailureSummary& failure : domain.failures) {
      one["failures"].push_back({{"result_type", failure.result_type},
                                 {"receiving_host", failure.receiving_host},
                                 {"sessions", failure.sessions},
                                 {"first", failure.first},
                                 {"last", failure.last}});
    }
    json["tls"].push_back(std::move(one));
  }
  return json;
}

}  // namespace posthaste
