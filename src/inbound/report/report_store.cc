#include "inbound/report/report_store.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <variant>

#include "inbound/report/report_error.h"
#include "inbound/report/report_tables.h"

namespace posthaste {
namespace {

constexpr std::int64_t kVersion = 1;

constexpr const char* kTables = R"(
CREATE TABLE dmarc_report (
  id INTEGER PRIMARY KEY, org TEXT NOT NULL, report_id TEXT NOT NULL, domain TEXT NOT NULL,
  email TEXT NOT NULL, submitter TEXT NOT NULL, policy TEXT NOT NULL,
  "begin" INTEGER NOT NULL, "end" INTEGER NOT NULL, received INTEGER NOT NULL,
  UNIQUE (org, report_id, domain));
CREATE INDEX dmarc_report_end ON dmarc_report ("end");
CREATE INDEX dmarc_report_received ON dmarc_report (received);
CREATE TABLE dmarc_row (
  report INTEGER NOT NULL REFERENCES dmarc_report (id) ON DELETE CASCADE,
  source_ip TEXT NOT NULL, header_from TEXT NOT NULL, envelope_from TEXT NOT NULL,
  count INTEGER NOT NULL, disposition TEXT NOT NULL, dkim TEXT NOT NULL, spf TEXT NOT NULL,
  sender TEXT NOT NULL, dkim_detail TEXT NOT NULL, spf_detail TEXT NOT NULL,
  reason TEXT NOT NULL);
CREATE INDEX dmarc_row_report ON dmarc_row (report);
CREATE TABLE dmarc_failure (
  id INTEGER PRIMARY KEY, reporter TEXT NOT NULL, message_id TEXT NOT NULL,
  domain TEXT NOT NULL, source_ip TEXT NOT NULL, header_from TEXT NOT NULL,
  auth_failure TEXT NOT NULL, arrival INTEGER NOT NULL, received INTEGER NOT NULL,
  UNIQUE (reporter, message_id, domain, source_ip, arrival));
CREATE INDEX dmarc_failure_received ON dmarc_failure (received);
CREATE TABLE tls_report (
  id INTEGER PRIMARY KEY, org TEXT NOT NULL, report_id TEXT NOT NULL, domain TEXT NOT NULL,
  contact TEXT NOT NULL, submitter TEXT NOT NULL, start TEXT NOT NULL, "end" TEXT NOT NULL,
  received INTEGER NOT NULL, UNIQUE (org, report_id, domain));
CREATE INDEX tls_report_received ON tls_report (received);
CREATE TABLE tls_policy (
  id INTEGER PRIMARY KEY,
  report INTEGER NOT NULL REFERENCES tls_report (id) ON DELETE CASCADE,
  policy_type TEXT NOT NULL, domain TEXT NOT NULL,
  successful INTEGER NOT NULL, failed INTEGER NOT NULL);
CREATE INDEX tls_policy_report ON tls_policy (report);
CREATE TABLE tls_failure (
  policy INTEGER NOT NULL REFERENCES tls_policy (id) ON DELETE CASCADE,
  result_type TEXT NOT NULL, count INTEGER NOT NULL, sending_ip TEXT NOT NULL,
  receiving_host TEXT NOT NULL, receiving_ip TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX tls_failure_policy ON tls_failure (policy);
PRAGMA user_version = 1;
)";

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// Rolls back unless commit() was reached.
class Transaction {
 public:
  explicit Transaction(SqliteDatabase& database) : database_(database) {}
  ~Transaction() {
    if (is_open_ && !database_.execute("ROLLBACK")) return;
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Result<void> begin() {
    auto begun = database_.execute("BEGIN IMMEDIATE");
    is_open_ = begun.has_value();
    return begun;
  }
  Result<void> commit() {
    auto done = database_.execute("COMMIT");
    if (done) is_open_ = false;
    return done;
  }

 private:
  SqliteDatabase& database_;
  bool is_open_ = false;
};

Result<std::int64_t> version_of(SqliteDatabase& database) {
  auto statement = database.prepare("PRAGMA user_version");
  if (!statement) return statement.error();
  const std::int64_t version = statement->step() ? statement->number(0) : 0;
  if (auto done = statement->finish(); !done) return done.error();
  return version;
}

// Two programs may come at the same time: who gets the lock makes the tables.
Result<void> make_tables(SqliteDatabase& database) {
  Transaction transaction(database);
  if (auto begun = transaction.begin(); !begun) return begun;
  auto version = version_of(database);
  if (!version) return version.error();
  if (*version == 0) {
    if (auto made = database.execute(kTables); !made) return made;
  }
  return transaction.commit();
}

}  // namespace

std::string_view to_string(StoreOutcome outcome) {
  switch (outcome) {
    case StoreOutcome::stored:
      return "stored";
    case StoreOutcome::duplicate:
      return "duplicate";
    case StoreOutcome::not_kept:
      return "not_kept";
  }
  return "not_kept";
}

Result<std::unique_ptr<ReportStore>> ReportStore::open(ReportStoreOptions options) {
  auto database = SqliteDatabase::open(options.path, options.max_size);
  if (!database) return database.error();
  auto version = version_of(*database);
  if (!version) return version.error();
  if (*version > kVersion) {
    return {ReportErrc::store_failed,
            fmt::format("{} was made by a later version of posthaste: use that",
                        options.path.string())};
  }
  if (*version < kVersion) {
    if (auto made = make_tables(*database); !made) return made.error();
  }
  return std::unique_ptr<ReportStore>(new ReportStore(std::move(*database)));
}

Result<StoreOutcome> ReportStore::add(const Report& report, const std::string& submitter,
                                      WallTime received) {
  const ReportOrigin origin{submitter, seconds_of(received)};
  return database_.with([&](SqliteDatabase& database) -> Result<StoreOutcome> {
    Transaction transaction(database);
    if (auto begun = transaction.begin(); !begun) return begun.error();
    const auto insert = [&](const auto& one) { return insert_report(database, one, origin); };
    auto outcome = std::visit(insert, report);
    if (!outcome) return outcome.error();
    if (auto done = transaction.commit(); !done) return done.error();
    return *outcome;
  });
}

Result<std::int64_t> ReportStore::expire(WallTime before) {
  return database_.with([&](SqliteDatabase& database) -> Result<std::int64_t> {
    Transaction transaction(database);
    if (auto begun = transaction.begin(); !begun) return begun.error();
    std::int64_t dropped = 0;
    for (const char* table : {"dmarc_report", "dmarc_failure", "tls_report"}) {
      auto statement = database.prepare(fmt::format("DELETE FROM {} WHERE received < ?1", table));
      if (!statement) return statement.error();
      statement->bind(1, seconds_of(before));
      if (auto done = statement->run(); !done) return done.error();
      dropped += database.changes();
    }
    if (auto done = transaction.commit(); !done) return done.error();
    return dropped;
  });
}

Result<ReportSummary> ReportStore::summary(const SummaryQuery& query) {
  return database_.with([&](SqliteDatabase& database) { return read_summary(database, query); });
}

}  // namespace posthaste
