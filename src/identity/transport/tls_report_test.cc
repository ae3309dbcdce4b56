#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <map>
#include <nlohmann/json.hpp>

#include "identity/transport/tls_report_book.h"
#include "identity/transport/tls_report_document.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

TlsSession session(TlsFailureType failure = TlsFailureType::none) {
  TlsSession one;
  one.recipient_domain = "a.test";
  one.policy = {TlsPolicyType::sts, {"version: STSv1", "mode: testing"}, "a.test", {"*.a.test"}};
  one.failure = failure;
  one.sending_address = "192.0.2.9";
  one.receiving_host = "mx.a.test";
  one.receiving_address = "192.0.2.1";
  return one;
}

std::string gunzip(std::string octets) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(octets.data());
  stream.avail_in = static_cast<uInt>(octets.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class TlsReportTest : public testing::Test {
 protected:
  std::vector<TlsDay> all() const {
    return book.days_before(std::chrono::sys_days(std::chrono::year(9999) / 1 / 1));
  }
  ManualClock clock;
  std::map<std::string, std::string> kept;
  TlsReportBook::Keep keep = [this](std::string key, std::optional<std::string> value) {
    if (value) {
      kept[key] = *value;
    } else {
      kept.erase(key);
    }
  };
  TlsReportBook book{clock, keep, 100};
  const TlsReportAuthor author{"Company-X", "tls@x.test", "mail.x.test"};
};

TEST_F(TlsReportTest, CountsSessionsByPolicyAndFailure) {
  book.note(session());
  book.note(session());
  book.note(session(TlsFailureType::certificate_expired));
  book.note(session(TlsFailureType::certificate_expired));
  book.note(session(TlsFailureType::starttls_not_supported));
  const auto days = all();
  ASSERT_EQ(days.size(), 1U);
  ASSERT_EQ(days[0].policies.size(), 1U);
  const TlsPolicyCounts& counts = days[0].policies[0];
  EXPECT_EQ(counts.successful, 2U);
  EXPECT_EQ(counts.failed, 3U);
  ASSERT_EQ(counts.failures.size(), 2U);
  EXPECT_EQ(counts.failures[0].count, 2U);
}

TEST_F(TlsReportTest, CountsNoSessionWhereNoneWasTried) {
  TlsSession fetch = session(TlsFailureType::sts_policy_fetch_error);
  fetch.is_tried = false;
  book.note(fetch);
  book.note(fetch);
  const TlsDay day = all().at(0);
  EXPECT_EQ(day.policies[0].successful, 0U);
  EXPECT_EQ(day.policies[0].failed, 0U);
  ASSERT_EQ(day.policies[0].failures.size(), 1U);
  EXPECT_EQ(day.policies[0].failures[0].count, 2U);
  book.note(fetch);
  book.remove(day);
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all()[0].policies[0].failures[0].count, 1U);
  book.remove(all()[0]);
  EXPECT_EQ(book.size(), 0U);
}

TEST_F(TlsReportTest, KeepsDaysApart) {
  book.note(session());
  const auto today = std::chrono::floor<std::chrono::days>(clock.wall());
  clock.advance(24h);
  book.note(session());
  EXPECT_EQ(all().size(), 2U);
  EXPECT_EQ(book.days_before(today + std::chrono::days(1)).size(), 1U);
}

TEST_F(TlsReportTest, RemembersOverARestart) {
  book.note(session());
  book.note(session(TlsFailureType::validation_failure));
  book.flush();
  TlsReportBook next(clock, keep);
  next.restore({kept.begin(), kept.end()});
  next.note(session());
  const auto days = next.days_before(std::chrono::sys_days(std::chrono::year(9999) / 1 / 1));
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(days[0].policies[0].successful, 2U);
  EXPECT_EQ(days[0].policies[0].failed, 1U);
  EXPECT_EQ(days[0].policies[0].failures[0].receiving_host, "mx.a.test");
  TlsReportBook other(clock);
  other.restore({{"tls-report/x", "nonsense"},
                 {"tls-report/y", "{\"day\": 1}"},
                 {"tls-report/z", R"({"day": 6e52, "domain": "a.test", "policies": []})"},
                 {"tls-report/z", R"({"day": 100001, "domain": "a.test", "policies": []})"}});
  EXPECT_EQ(other.size(), 0U);
}

TEST_F(TlsReportTest, ForgetsWhatIsReportedAndKeepsWhatCameMeanwhile) {
  book.note(session());
  book.note(session(TlsFailureType::validation_failure));
  const TlsDay reported = all().at(0);
  book.note(session());
  book.remove(reported);
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all()[0].policies[0].successful, 1U);
  EXPECT_EQ(all()[0].policies[0].failed, 0U);
  book.remove(all()[0]);
  book.flush();
  EXPECT_EQ(book.size(), 0U);
  EXPECT_TRUE(kept.empty());
}

TEST_F(TlsReportTest, HoldsCountsWhateverPeersSay) {
  for (int i = 0; i < 1000; ++i) {
    TlsSession one = session(TlsFailureType::validation_failure);
    one.receiving_helo = std::to_string(i);
    one.failure_detail.assign(10'000, 'x');
    book.note(one);
    one = session();
    one.policy.text.push_back(std::to_string(i));
    book.note(one);
  }
  const TlsDay day = all().at(0);
  EXPECT_LE(day.policies.size(), 16U);
  EXPECT_EQ(day.policies[0].failed, 1000U);
  EXPECT_LE(day.policies[0].failures.size(), 65U);
  for (int i = 0; i < 1000; ++i) {
    TlsSession one = session();
    one.recipient_domain = std::to_string(i) + ".test";
    book.note(one);
  }
  EXPECT_EQ(book.size(), 100U);
}

TEST_F(TlsReportTest, WritesTheDocumentOfItsRfc) {
  book.note(session());
  TlsSession failed = session(TlsFailureType::certificate_expired);
  failed.receiving_helo = "helo\xff";
  failed.failure_detail = "certificate has expired";
  book.note(failed);
  clock.advance(48h);
  const TlsReport report = make_tls_report(all().at(0), author, clock.wall(), "1");
  const json document = json::parse(gunzip(report.gzip));
  EXPECT_EQ(document["organization-name"], "Company-X");
  EXPECT_EQ(document["contact-info"], "tls@x.test");
  EXPECT_EQ(document["report-id"], "2026-01-01T00:00:00Z_a.test_1");
  EXPECT_EQ(document["date-range"]["start-datetime"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(document["date-range"]["end-datetime"], "2026-01-01T23:59:59Z");
  const json& policy = document["policies"][0];
  EXPECT_EQ(policy["policy"],
            json::parse(R"({"policy-type": "sts", "policy-string": ["version: STSv1",
                        "mode: testing"], "policy-domain": "a.test", "mx-host": ["*.a.test"]})"));
  EXPECT_EQ(policy["summary"]["total-successful-session-count"], 1);
  EXPECT_EQ(policy["summary"]["total-failure-session-count"], 1);
  const json& failure = policy["failure-details"][0];
  EXPECT_EQ(failure["result-type"], "certificate-expired");
  EXPECT_EQ(failure["sending-mta-ip"], "192.0.2.9");
  EXPECT_EQ(failure["receiving-mx-hostname"], "mx.a.test");
  EXPECT_EQ(failure["receiving-ip"], "192.0.2.1");
  EXPECT_EQ(failure["failed-session-count"], 1);
  EXPECT_EQ(failure["failure-reason-code"], "certificate has expired");
  EXPECT_EQ(report.filename(author),
            "mail.x.test!a.test!1767225600!1767311999!2026-01-01T00-00-00Z-a-test-1.json.gz");
}

TEST_F(TlsReportTest, WritesTheMailOfItsRfc) {
  book.note(session());
  clock.advance(25h);
  const TlsReport report = make_tls_report(all().at(0), author, clock.wall(), "1");
  const std::string mail = make_tls_report_mail(report, author, "rua@a.test", clock.wall());
  EXPECT_THAT(mail, HasSubstr("From: <tls@x.test>\r\nTo: <rua@a.test>\r\n"
                              "Date: Fri, 02 Jan 2026 01:00:00 +0000\r\n"));
  EXPECT_THAT(mail, HasSubstr("Subject: Report Domain: a.test\r\n Submitter: mail.x.test\r\n "
                              "Report-ID: <2026-01-01T00:00:00Z_a.test_1>\r\n"));
  EXPECT_THAT(mail, HasSubstr("TLS-Report-Domain: a.test\r\nTLS-Report-Submitter: mail.x.test\r\n"
                              "TLS-Required: No\r\n"));
  EXPECT_THAT(mail, HasSubstr("multipart/report; report-type=\"tlsrpt\""));
  EXPECT_THAT(mail, HasSubstr("Content-Type: application/tlsrpt+gzip\r\n"));
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = mail.find("\r\n", begin)) != std::string::npos;
       begin = end + 2) {
    EXPECT_LE(end - begin, 200U);
  }
  EXPECT_EQ(begin, mail.size());
}

TEST(TlsRptRecord, GivesWhereReportsGo) {
  using Uris = std::vector<std::string>;
  EXPECT_EQ(parse_tls_rpt_record("v=TLSRPTv1; rua=mailto:reports@example.com"),
            Uris{"mailto:reports@example.com"});
  EXPECT_EQ(parse_tls_rpt_record("v=TLSRPTv1;rua=https://a.test/v1 , mailto:b@a.test;"),
            (Uris{"https://a.test/v1", "mailto:b@a.test"}));
  EXPECT_EQ(parse_tls_rpt_record("v=TLSRPTv1; ext=x; rua=mailto:a@b.test;"),
            Uris{"mailto:a@b.test"});
  for (const char* bad :
       {"", "v=TLSRPTv1", "v=TLSRPTv1; rua=", "v=TLSRPTv2; rua=mailto:a@b.test",
        "rua=mailto:a@b.test; v=TLSRPTv1", "v=TLSRPTv1 rua=mailto:a@b.test", "v=TLSRPTv1; rua"}) {
    EXPECT_EQ(parse_tls_rpt_record(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace posthaste
