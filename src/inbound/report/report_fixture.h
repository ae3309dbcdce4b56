#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "inbound/report/report_store.h"

namespace posthaste {

inline DmarcReportRecord row(const std::string& address, std::uint64_t count,
                             const std::string& dkim, const std::string& spf) {
  DmarcReportRecord record;
  record.source_ip = address;
  record.count = count;
  record.disposition = "none";
  record.dkim = dkim;
  record.spf = spf;
  record.header_from = "example.com";
  return record;
}

// Of example.com, for the day that begins then.
inline DmarcReport dmarc_of(const std::string& organization, const std::string& id,
                            std::int64_t begin, std::vector<DmarcReportRecord> records) {
  DmarcReport report;
  report.org_name = organization;
  report.report_id = id;
  report.domain = "example.com";
  report.p = "reject";
  report.begin = begin;
  report.end = begin + 86'399;
  report.records = std::move(records);
  return report;
}

inline ReceivedTlsReport tls_of(const std::string& organization, const std::string& id,
                                std::uint64_t successful, std::uint64_t failed) {
  ReceivedTlsReport report;
  report.organization_name = organization;
  report.report_id = id;
  report.start = "2026-01-01T00:00:00Z";
  report.end = "2026-01-01T23:59:59Z";
  TlsReportPolicy policy;
  policy.policy_type = "sts";
  policy.policy_domain = "example.com";
  policy.successful = successful;
  policy.failed = failed;
  TlsReportFailure failure;
  failure.result_type = "certificate-expired";
  failure.count = failed;
  failure.receiving_host = "mx.example.com";
  if (failed > 0) policy.failures.push_back(failure);
  report.policies.push_back(policy);
  return report;
}

// A store in a folder of its own.
class ReportStoreTest : public testing::Test {
 protected:
  ReportStoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "reports-XXXXXX").string();
    folder = mkdtemp(name.data());
    open();
  }
  ~ReportStoreTest() override {
    store.reset();
    std::filesystem::remove_all(folder);
  }

  void open() {
    store.reset();
    auto opened = ReportStore::open({folder / "reports.db"});
    ASSERT_TRUE(opened) << opened.error().message();
    store = std::move(*opened);
  }
  StoreOutcome add(const Report& report) {
    auto outcome = store->add(report, "reports@r.example", received);
    EXPECT_TRUE(outcome) << outcome.error().message();
    return outcome ? *outcome : StoreOutcome::not_kept;
  }
  ReportSummary summarize(const SummaryQuery& query) {
    auto summary = store->summary(query);
    EXPECT_TRUE(summary) << summary.error().message();
    return summary ? *summary : ReportSummary();
  }

  std::filesystem::path folder;
  std::unique_ptr<ReportStore> store;
  WallTime received = ManualClock().wall();
};

}  // namespace posthaste
