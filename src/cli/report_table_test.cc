#include "cli/report_table.h"

#include <gmock/gmock.h>

namespace posthaste {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

ordered_json summary() {
  return ordered_json::parse(R"({"domains": [{"domain": "example.com", "policy": "none",
    "reports": 2, "reporters": ["a", "b"], "begin": 1767225600, "end": 1767311999,
    "messages": 12345, "aligned": 12344, "failure_reports": 1, "senders": [
      {"source_ip": "192.0.2.1", "name": "service.example", "header_from": "example.com",
       "messages": 12344, "quarantined": 0, "rejected": 0, "aligned": {"passed": 12344, "failed": 0},
       "dkim": {"passed": 12344, "failed": 0}, "spf": {"passed": 12344, "failed": 0},
       "first_seen": 1767225600, "last_seen": 1767311999, "reporters": 2},
      {"source_ip": "192.0.2.2", "name": "", "header_from": "mail.example.com",
       "messages": 1, "quarantined": 0, "rejected": 1,
       "aligned": {"passed": 0, "failed": 1, "detail": "x", "failing_since": 1767225600},
       "dkim": {"passed": 0, "failed": 1, "detail": "not\u001b[2J signed"},
       "spf": {"passed": 0, "failed": 1}, "first_seen": 0, "last_seen": 0, "reporters": 1}]}],
    "tls": [{"domain": "example.com", "successful": 9, "failed": 1, "reporters": ["a"],
      "failures": [{"result_type": "certificate-expired", "receiving_host": "mx.example.com",
        "sessions": 1, "first": "2026-01-01T00:00:00Z", "last": "2026-01-02T00:00:00Z"}]}]})");
}

TEST(ReportTable, TellsWhoSendsFromWhereAndWhatFailsSinceWhen) {
  const std::string table = report_table(summary());
  EXPECT_THAT(table, HasSubstr("example.com   policy none   2 reports of 2 receivers   "
                               "2026-01-01 to 2026-01-01\n"));
  // One of so many failed: that is not all.
  EXPECT_THAT(table, HasSubstr("12,345 messages in its name, 99.9 % aligned; 1 failure report\n"));
  EXPECT_THAT(table, HasSubstr("  service.example                192.0.2.1 "));
  EXPECT_THAT(table, HasSubstr("  (nobody)                       192.0.2.2 "));
  EXPECT_THAT(table, HasSubstr("From: mail.example.com\n"));
  EXPECT_THAT(table, HasSubstr("1 rejected by the receivers\n"));
  EXPECT_THAT(table, HasSubstr("TLS to example.com   9 sessions good, 1 failed (90.0 % good)"));
  EXPECT_THAT(table, HasSubstr("certificate-expired            mx.example.com"));
}

TEST(ReportTable, FailureReportsAloneAreOneLine) {
  const auto alone = ordered_json::parse(
      R"({"domains": [{"domain": "a.example", "reports": 0, "failure_reports": 2}], "tls": []})");
  EXPECT_EQ(report_table(alone), "a.example   2 failure reports, no aggregate report\n");
}

TEST(ReportTable, WhatStrangersWroteSteersNoTerminal) {
  EXPECT_THAT(report_table(summary()), HasSubstr("dkim: not?[2J signed\n"));
}

TEST(ReportTable, NoReportsAreSaidToBeNone) {
  const auto nothing = ordered_json::parse(R"({"domains": [], "tls": []})");
  EXPECT_THAT(report_table(nothing), HasSubstr("No reports in this time"));
}

}  // namespace
}  // namespace posthaste
