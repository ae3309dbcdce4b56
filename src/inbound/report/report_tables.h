#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "inbound/report/report_store.h"

namespace posthaste {

// How a report came.
struct ReportOrigin {
  std::string submitter;
  std::int64_t received = 0;  // Unix time
};

// The rows of one report, within the caller's transaction.
Result<StoreOutcome> insert_report(SqliteDatabase& database, const DmarcReport& report,
                                   const ReportOrigin& origin);
Result<StoreOutcome> insert_report(SqliteDatabase& database, const ReceivedTlsReport& report,
                                   const ReportOrigin& origin);
Result<StoreOutcome> insert_report(SqliteDatabase& database, const Feedback& feedback,
                                   const ReportOrigin& origin);

}  // namespace posthaste
