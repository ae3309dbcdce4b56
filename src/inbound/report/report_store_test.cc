#include "inbound/report/report_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <limits>

#include "inbound/report/report_error.h"
#include "inbound/report/report_fixture.h"
#include "inbound/report/report_limits.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

TEST_F(ReportStoreTest, AReportIsStoredOnce) {
  const DmarcReport report = dmarc_of("r.example", "1", 0, {row("192.0.2.1", 3, "pass", "pass")});
  EXPECT_EQ(add(report), StoreOutcome::stored);
  EXPECT_EQ(add(report), StoreOutcome::duplicate);
  DmarcReport other = report;
  other.org_name = "s.example";
  EXPECT_EQ(add(other), StoreOutcome::stored);
  other.domain = "example.net";
  EXPECT_EQ(add(other), StoreOutcome::stored);
  const ReportSummary summary = summarize({});
  ASSERT_EQ(summary.domains.size(), 2u);
  EXPECT_EQ(summary.domains[0].domain, "example.com");
  EXPECT_EQ(summary.domains[0].reports, 2u);
  EXPECT_EQ(summary.domains[0].messages, 6u);
}

TEST_F(ReportStoreTest, WhatWasStoredIsThereAfterReopening) {
  add(dmarc_of("r.example", "1", 0, {row("192.0.2.1", 3, "pass", "pass")}));
  open();
  EXPECT_EQ(summarize({}).domains.size(), 1u);
}

TEST_F(ReportStoreTest, TwoProgramsMayHaveItOpen) {
  auto second = ReportStore::open({folder / "reports.db"});
  ASSERT_TRUE(second) << second.error().message();
  add(dmarc_of("r.example", "1", 0, {}));
  EXPECT_EQ(*(*second)->add(dmarc_of("r.example", "1", 0, {}), "", received),
            StoreOutcome::duplicate);
}

TEST_F(ReportStoreTest, OldReportsExpireWithTheirRows) {
  add(dmarc_of("r.example", "1", 0, {row("192.0.2.1", 3, "pass", "pass")}));
  received += 24h;
  add(dmarc_of("r.example", "2", 0, {row("192.0.2.1", 4, "pass", "pass")}));
  add(tls_of("r.example", "1", 5, 0));
  EXPECT_EQ(*store->expire(received), 1);
  EXPECT_EQ(summarize({}).domains.at(0).messages, 4u);
  EXPECT_EQ(*store->expire(received + 1s), 2);
  EXPECT_TRUE(summarize({}).domains.empty());
  EXPECT_TRUE(summarize({}).tls.empty());
}

TEST_F(ReportStoreTest, ComplaintsAreNoHistory) {
  Feedback feedback;
  feedback.feedback_type = "abuse";
  EXPECT_EQ(add(feedback), StoreOutcome::not_kept);
  feedback.feedback_type = "auth-failure";
  feedback.reported_domain = {"example.com"};
  EXPECT_EQ(add(feedback), StoreOutcome::stored);
  EXPECT_EQ(add(feedback), StoreOutcome::duplicate);
  EXPECT_EQ(summarize({}).domains.at(0).failure_reports, 1u);
}

TEST_F(ReportStoreTest, AFullDatabaseSaysSoAndWorksOn) {
  store.reset();
  ReportStoreOptions options{folder / "small.db", 200'000};
  auto small = ReportStore::open(options);
  ASSERT_TRUE(small) << small.error().message();
  std::vector<DmarcReportRecord> rows(20'000, row("192.0.2.1", 1, "pass", "pass"));
  const auto outcome = (*small)->add(dmarc_of("r.example", "1", 0, rows), "", received);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, make_error_code(ReportErrc::store_failed));
  EXPECT_TRUE((*small)->add(dmarc_of("r.example", "2", 0, {}), "", received));
  EXPECT_EQ((*small)->summary({})->domains.at(0).reports, 1u);
}

TEST_F(ReportStoreTest, WhatIsNoDatabaseIsAnError) {
  EXPECT_FALSE(ReportStore::open({folder / "absent" / "reports.db"}));
  std::ofstream(folder / "text.db") << std::string(5000, 'x');
  auto opened = ReportStore::open({folder / "text.db"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, make_error_code(ReportErrc::store_failed));
}

TEST_F(ReportStoreTest, TextOfStrangersIsNoSql) {
  DmarcReport report = dmarc_of("'); DROP TABLE dmarc_report; --", "\0x", 0, {});
  report.domain = "a'b\"c";
  EXPECT_EQ(add(report), StoreOutcome::stored);
  SummaryQuery query;
  query.domain = "a'b\"c";
  EXPECT_EQ(summarize(query).domains.size(), 1u);
}

constexpr std::int64_t kDay = 86'400;

TEST_F(ReportStoreTest, TheSummaryTellsWhoSendsAsUsAndFromWhere) {
  DmarcReportRecord stranger = row("198.51.100.7", 5, "fail", "fail");
  stranger.disposition = "reject";
  stranger.dkim_results = {{"stranger.example", "s", "pass", ""}};
  stranger.spf_results = {{"stranger.example", "mfrom", "pass", ""}};
  DmarcReportRecord service = row("192.0.2.1", 95, "pass", "fail");
  service.dkim_results = {{"example.com", "s", "pass", ""}, {"service.example", "s", "pass", ""}};
  service.spf_results = {{"example.com", "mfrom", "softfail", ""}};
  add(dmarc_of("r.example", "1", 10 * kDay, {stranger, service}));
  const ReportSummary summary = summarize({});
  ASSERT_EQ(summary.domains.size(), 1u);
  const DomainSummary& domain = summary.domains[0];
  EXPECT_EQ(domain.policy, "reject");
  EXPECT_EQ(domain.messages, 100u);
  EXPECT_EQ(domain.aligned, 95u);
  ASSERT_EQ(domain.senders.size(), 2u);
  EXPECT_EQ(domain.senders[0].name, "service.example");
  EXPECT_EQ(domain.senders[0].source_ip, "192.0.2.1");
  EXPECT_EQ(domain.senders[0].aligned.failing_since, std::nullopt);
  EXPECT_EQ(domain.senders[0].spf.failing_since, 10 * kDay);
  EXPECT_EQ(domain.senders[0].spf.detail, "softfail for example.com");
  EXPECT_EQ(domain.senders[1].name, "stranger.example");
  EXPECT_EQ(domain.senders[1].rejected, 5u);
  EXPECT_EQ(domain.senders[1].dkim.detail, "signed by stranger.example, not aligned");
  EXPECT_EQ(domain.senders[1].aligned.failing_since, 10 * kDay);
}

TEST_F(ReportStoreTest, AFailureCountsSinceTheLastCleanReport) {
  const auto told = [this](int day, const char* id, const char* dkim) {
    add(dmarc_of("r.example", id, day * kDay, {row("192.0.2.1", 1, dkim, "fail")}));
  };
  told(1, "1", "fail");
  told(2, "2", "pass");
  told(5, "5", "fail");  // comes before the one of the fourth day
  told(4, "4", "fail");
  const SenderSummary failing = summarize({}).domains.at(0).senders.at(0);
  EXPECT_EQ(failing.dkim.failing_since, 4 * kDay);
  EXPECT_EQ(failing.dkim.failed, 3u);
  EXPECT_EQ(failing.dkim.passed, 1u);
  told(6, "6", "pass");
  EXPECT_EQ(summarize({}).domains.at(0).senders.at(0).dkim.failing_since, std::nullopt);
}

TEST_F(ReportStoreTest, TheQueryIsHeld) {
  add(dmarc_of("r.example", "1", 1 * kDay, {}));
  add(dmarc_of("r.example", "2", 9 * kDay, {}));
  SummaryQuery query;
  query.since = 5 * kDay;
  EXPECT_EQ(summarize(query).domains.at(0).reports, 1u);
  query.domain = "com";  // those below it
  EXPECT_EQ(summarize(query).domains.size(), 1u);
  query.domain = "ample.com";
  EXPECT_TRUE(summarize(query).domains.empty());
}

TEST_F(ReportStoreTest, TlsFailuresAreSummedByTypeAndHost) {
  add(tls_of("r.example", "1", 50, 2));
  add(tls_of("s.example", "1", 10, 3));
  const ReportSummary summary = summarize({});
  ASSERT_EQ(summary.tls.size(), 1u);
  EXPECT_EQ(summary.tls[0].successful, 60u);
  EXPECT_EQ(summary.tls[0].failed, 5u);
  EXPECT_EQ(summary.tls[0].reporters.size(), 2u);
  ASSERT_EQ(summary.tls[0].failures.size(), 1u);
  EXPECT_EQ(summary.tls[0].failures[0].sessions, 5u);
  EXPECT_EQ(summary.tls[0].failures[0].receiving_host, "mx.example.com");
}

// Anybody may send such a report, and one that makes the summary fail would fail it for all.
TEST_F(ReportStoreTest, CountsThatWouldOverflowAreSummedAllTheSame) {
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  ReceivedTlsReport report = tls_of("r.example", "1", kHuge, kHuge);
  const TlsReportPolicy policy = report.policies.front();
  constexpr std::uint64_t kPolicies = 1'100;
  while (report.policies.size() < kPolicies) report.policies.push_back(policy);
  add(report);
  const ReportSummary summary = summarize({});
  ASSERT_EQ(summary.tls.size(), 1u);
  EXPECT_EQ(summary.tls[0].successful, kPolicies * kMaxReportCount);
  EXPECT_EQ(summary.tls[0].failures.at(0).sessions, kPolicies * kMaxReportCount);
}

}  // namespace
}  // namespace posthaste
