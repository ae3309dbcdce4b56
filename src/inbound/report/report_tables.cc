#include "inbound/report/report_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <variant>

#include "inbound/report/report_limits.h"

namespace posthaste {
namespace {

using SqlValue = std::variant<std::int64_t, std::string_view>;

std::int64_t signed_count(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min(count, kMaxReportCount));
}

Result<void> run_with(SqliteStatement& statement, std::initializer_list<SqlValue> values) {
  int index = 1;
  for (const SqlValue& value : values) {
    std::visit([&](const auto& one) { statement.bind(index, one); }, value);
    ++index;
  }
  return statement.run();
}

// Inserts one row into a table that knows its rows; true when it was not there.
Result<bool> insert_new(SqliteDatabase& database, std::string_view sql,
                        std::initializer_list<SqlValue> values) {
  auto statement = database.prepare(sql);
  if (!statement) return statement.error();
  if (auto done = run_with(*statement, values); !done) return done.error();
  return database.changes() > 0;
}

// The domain that the mail authenticates as, aligned or not: it tells people whose server it is.
std::string sender_of(const DmarcReportRecord& record) {
  std::string sender;
  for (const DmarcReportDkim& dkim : record.dkim_results) {
    if (dkim.result != "pass") continue;
    // A service signs beside its customer: its own domain says who it is.
    if (sender.empty() || dkim.domain != record.header_from) sender = dkim.domain;
  }
  for (const DmarcReportSpf& spf : record.spf_results) {
    if (sender.empty() && spf.result == "pass") sender = spf.domain;
  }
  return sender;
}

std::string dkim_detail(const DmarcReportRecord& record) {
  if (record.dkim == "pass") return {};
  if (record.dkim_results.empty()) return "not signed";
  for (const DmarcReportDkim& dkim : record.dkim_results) {
    if (dkim.result == "pass") return fmt::format("signed by {}, not aligned", dkim.domain);
  }
  const DmarcReportDkim& first = record.dkim_results.front();
  return fmt::format("signature of {}: {}", first.domain,
                     first.result.empty() ? "fail" : first.result);
}

std::string spf_detail(const DmarcReportRecord& record) {
  if (record.spf == "pass") return {};
  if (record.spf_results.empty()) return "no result";
  for (const DmarcReportSpf& spf : record.spf_results) {
    if (spf.result == "pass") return fmt::format("passes for {}, not aligned", spf.domain);
  }
  const DmarcReportSpf& first = record.spf_results.front();
  return fmt::format("{} for {}", first.result.empty() ? "fail" : first.result, first.domain);
}

Result<void> insert_rows(SqliteDatabase& database, const DmarcReport& report) {
  const std::int64_t id = database.last_row_id();
  auto row = database.prepare(
      "INSERT INTO dmarc_row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
  if (!row) return row.error();
  for (const DmarcReportRecord& record : report.records) {
    const std::string sender = sender_of(record);
    const std::string dkim = dkim_detail(record);
    const std::string spf = spf_detail(record);
    const std::string& from = record.header_from.empty() ? report.domain : record.header_from;
    const std::string reason = record.reasons.empty() ? "" : record.reasons.front().type;
    auto done = run_with(
        *row, {id, record.source_ip, from, record.envelope_from, signed_count(record.count),
               record.disposition, record.dkim, record.spf, sender, dkim, spf, reason});
    if (!done) return done;
  }
  return {};
}

Result<void> insert_failures(SqliteDatabase& database, const TlsReportPolicy& policy) {
  const std::int64_t id = database.last_row_id();
  auto row = database.prepare("INSERT INTO tls_failure VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  if (!row) return row.error();
  for (const TlsReportFailure& failure : policy.failures) {
    auto done = run_with(
        *row, {id, failure.result_type, signed_count(failure.count), failure.sending_address,
               failure.receiving_host, failure.receiving_address, failure.reason_code});
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<StoreOutcome> insert_report(SqliteDatabase& database, const DmarcReport& report,
                                   const ReportOrigin& origin) {
  auto is_new = insert_new(
      database,
      "INSERT OR IGNORE INTO dmarc_report (org, report_id, domain, email, submitter, policy, "
      "\"begin\", \"end\", received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      {report.org_name, report.report_id, report.domain, report.email, origin.submitter, report.p,
       report.begin, report.end, origin.received});
  if (!is_new) return is_new.error();
  if (!*is_new) return StoreOutcome::duplicate;
  if (auto done = insert_rows(database, report); !done) return done.error();
  return StoreOutcome::stored;
}

Result<StoreOutcome> insert_report(SqliteDatabase& database, const ReceivedTlsReport& report,
                                   const ReportOrigin& origin) {
  const std::string domain =
      report.policies.empty() ? std::string() : report.policies.front().policy_domain;
  auto is_new = insert_new(
      database,
      "INSERT OR IGNORE INTO tls_report (org, report_id, domain, contact, submitter, start, "
      "\"end\", received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      {report.organization_name, report.report_id, domain, report.contact_info, origin.submitter,
       report.start, report.end, origin.received});
  if (!is_new) return is_new.error();
  if (!*is_new) return StoreOutcome::duplicate;
  const std::int64_t id = database.last_row_id();
  auto row = database.prepare(
      "INSERT INTO tls_policy (report, policy_type, domain, successful, failed) "
      "VALUES (?1, ?2, ?3, ?4, ?5)");
  if (!row) return row.error();
  for (const TlsReportPolicy& policy : report.policies) {
    auto done = run_with(*row, {id, policy.policy_type, policy.policy_domain,
                                signed_count(policy.successful), signed_count(policy.failed)});
    if (!done) return done.error();
    if (auto failures = insert_failures(database, policy); !failures) return failures.error();
  }
  return StoreOutcome::stored;
}

Result<StoreOutcome> insert_report(SqliteDatabase& database, const Feedback& feedback,
                                   const ReportOrigin& origin) {
  if (!feedback.is_authentication_failure()) return StoreOutcome::not_kept;
  const std::string& from = feedback.original.header_from;
  const std::string domain = feedback.reported_domain.empty() ? from.substr(from.find('@') + 1)
                                                              : feedback.reported_domain.front();
  auto is_new = insert_new(
      database,
      "INSERT OR IGNORE INTO dmarc_failure (reporter, message_id, domain, source_ip, header_from, "
      "auth_failure, arrival, received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      {feedback.reporter, feedback.message_id, domain, feedback.source_ip, from,
       feedback.auth_failure, feedback.arrival_date.value_or(0), origin.received});
  if (!is_new) return is_new.error();
  return *is_new ? StoreOutcome::stored : StoreOutcome::duplicate;
}

}  // namespace posthaste
