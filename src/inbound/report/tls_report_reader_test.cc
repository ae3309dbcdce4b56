#include "inbound/report/tls_report_reader.h"

#include <gtest/gtest.h>

#include "inbound/report/report_error.h"

namespace posthaste {
namespace {

boost::system::error_code code_of(ReportErrc code) {
  return make_error_code(code);
}

TEST(TlsReportReader, MissingAndStrangeFieldsAreRead) {
  auto read = read_tls_report(R"({"organization-name": "a", "contact-info": null,
    "date-range": {"start-datetime": "2026-01-01T00:00:00"},
    "policies": [null, 5, {"policy": {"policy-type": "sts", "policy-string": "version: STSv1"},
      "summary": {"total-successful-session-count": "12", "total-failure-session-count": -1},
      "failure-details": [{"failed-session-count": 3}, "x"]}, {"failure-details": null}]})");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->organization_name, "a");
  EXPECT_EQ(read->contact_info, "");
  EXPECT_EQ(read->start, "2026-01-01T00:00:00");
  EXPECT_EQ(read->end, "");
  ASSERT_EQ(read->policies.size(), 2u);
  EXPECT_EQ(read->policies[0].successful, 12u);
  EXPECT_EQ(read->policies[0].failed, 0u);
  EXPECT_EQ(read->policies[0].policy_string, std::vector<std::string>{"version: STSv1"});
  ASSERT_EQ(read->policies[0].failures.size(), 1u);
  EXPECT_EQ(read->policies[0].failures[0].count, 3u);
}

TEST(TlsReportReader, WhatIsNoReportIsAnErrorThatSaysWhy) {
  EXPECT_EQ(read_tls_report("").error().code, code_of(ReportErrc::bad_report));
  EXPECT_EQ(read_tls_report("{\"policies\": [").error().code, code_of(ReportErrc::bad_report));
  EXPECT_EQ(read_tls_report("[]").error().code, code_of(ReportErrc::bad_report));
  EXPECT_EQ(read_tls_report("{}").error().code, code_of(ReportErrc::no_report));
  EXPECT_EQ(read_tls_report("{\"policies\": {}}").error().code, code_of(ReportErrc::no_report));
}

TEST(TlsReportReader, DepthAndLengthAreBoundedBeforeAnythingIsBuilt) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(read_tls_report("{\"policies\": " + deep).error().code, code_of(ReportErrc::too_large));
  const std::string many(2'000'001, ',');
  EXPECT_EQ(read_tls_report("{\"policies\": [" + many).error().code,
            code_of(ReportErrc::too_large));
  // Brackets and commas in text count for nothing.
  auto quoted =
      read_tls_report("{\"report-id\": \"\\\"[[[[[[[[[[[[[[[[[[[[[[[\", \"policies\": []}");
  ASSERT_TRUE(quoted) << quoted.error().message();
  EXPECT_EQ(quoted->report_id, "\"[[[[[[[[[[[[[[[[[[[[[[[");
}

TEST(TlsReportReader, MorePoliciesAndFailuresThanAllowedAreRefused) {
  const std::string text =
      R"({"policies": [{"failure-details": [{}, {}]}, {"policy": {"mx-host": ["a", "b"]}}]})";
  auto all = read_tls_report(text, 6);
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_EQ(all->rows(), 6u);
  for (const std::size_t max : {5u, 2u}) {
    auto read = read_tls_report(text, max);
    ASSERT_FALSE(read) << max;
    EXPECT_EQ(read.error().code, code_of(ReportErrc::too_large));
  }
}

TEST(TlsReportReader, CountsThatAreTooLargeStopAtTheLargest) {
  auto read = read_tls_report(R"({"policies": [{"summary": {
    "total-successful-session-count": 18446744073709551615,
    "total-failure-session-count": "99999999999999999999999"}}]})");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->policies.at(0).successful, kMaxReportCount);
  EXPECT_EQ(read->policies.at(0).failed, kMaxReportCount);
}

}  // namespace
}  // namespace posthaste
