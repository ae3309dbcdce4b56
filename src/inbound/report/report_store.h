#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "inbound/report/report_mail.h"
#include "inbound/report/report_summary.h"
#include "inbound/report/sqlite.h"

namespace posthaste {

// What became of a report that was to be kept.
enum class StoreOutcome : std::uint8_t {
  stored,
  duplicate,  // the same organization has told this of this domain before
  not_kept,   // a complaint: it is an event, told and acted upon, not history
};
std::string_view to_string(StoreOutcome outcome);

struct ReportStoreOptions {
  std::filesystem::path path;
  std::uint64_t max_size = 2ULL << 30U;  // octets of the file; then adding fails until some expire
};

// The history of DMARC aggregate, DMARC failure and TLS reports, in a SQLite database. Reports are
// known by organization, report id and domain; a report is one transaction. Any thread may call;
// every call blocks on the disk, so callers are on a BlockingPool and never on a mail loop. A
// command line may have the same file open beside the server.
class ReportStore {
 public:
  // Makes the database where there is none. Errors: it cannot be opened, or was made by a later
  // version.
  static Result<std::unique_ptr<ReportStore>> open(ReportStoreOptions options);

  Result<StoreOutcome> add(const Report& report, const std::string& submitter, WallTime received);

  // Drops what was received before; how many reports.
  Result<std::int64_t> expire(WallTime before);

  Result<ReportSummary> summary(const SummaryQuery& query);

 private:
  explicit ReportStore(SqliteDatabase database) : database_(std::move(database)) {}

  Guarded<SqliteDatabase> database_;
};

}  // namespace posthaste
