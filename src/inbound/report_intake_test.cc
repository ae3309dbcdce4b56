#include "inbound/report_intake.h"

#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <sstream>

#include "inbound/report/packing_fixture.h"
#include "inbound/report/report_fixture.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kXml =
    "<feedback><report_metadata><org_name>r.example</org_name><report_id>1</report_id>"
    "</report_metadata><policy_published><domain>example.com</domain></policy_published>"
    "</feedback>";
constexpr const char* kComplaint =
    "From: fbl@r.example\r\nContent-Type: multipart/report; report-type=feedback-report; "
    "boundary=x\r\n\r\n--x\r\nContent-Type: message/feedback-report\r\n\r\n"
    "Feedback-Type: abuse\r\nOriginal-Mail-From: <b-1@bounce.example.com>\r\n\r\n--x--\r\n";

class ReportIntakeTest : public ReportStoreTest {
 protected:
  ReportIntakeTest() { start({}); }
  ~ReportIntakeTest() override { intake->stop(); }

  void start(ReportIntake::Options options) {
    if (intake) intake->stop();
    intake = std::make_unique<ReportIntake>(
        ReportIntake::Parts{*store, clock, metrics, Log::to_stream(said, clock, LogLevel::info)},
        options);
  }

  // All at once.
  std::vector<IntakeOutcome> take(const std::vector<std::string>& mails) {
    std::vector<IntakeOutcome> outcomes;
    loop.restart();
    TaskGroup tasks(loop.get_executor());
    for (const std::string& mail : mails) {
      tasks.spawn(take_one(std::make_shared<const std::string>(mail), outcomes));
    }
    auto guard = boost::asio::make_work_guard(loop);
    while (!tasks.empty()) loop.run_one();
    return outcomes;
  }
  boost::asio::awaitable<void> take_one(SharedBody mail, std::vector<IntakeOutcome>& outcomes) {
    IntakeOutcome outcome = co_await intake->take(std::move(mail));
    outcomes.push_back(std::move(outcome));
  }

  boost::asio::io_context loop;
  ManualClock clock;
  Metrics metrics;
  std::ostringstream said;
  std::unique_ptr<ReportIntake> intake;
};

std::string mail_with(const std::string& octets) {
  return "From: dmarc@r.example\r\nContent-Type: application/gzip\r\n"
         "Content-Transfer-Encoding: 8bit\r\nContent-Disposition: attachment; "
         "filename=\"r.xml.gz\"\r\n\r\n" +
         octets;
}

TEST_F(ReportIntakeTest, ReportsAreStoredAndKnownAgain) {
  const IntakeOutcome first = take({mail_with(gzip(kXml))}).at(0);
  EXPECT_EQ(first.kind, IntakeOutcome::Kind::taken) << first.reason;
  EXPECT_EQ(first.stored, 1u);
  const IntakeOutcome second = take({mail_with(gzip(kXml))}).at(0);
  EXPECT_EQ(second.duplicates, 1u);
  EXPECT_EQ(summarize({}).domains.at(0).reports, 1u);
  EXPECT_THAT(metrics.expose(), HasSubstr("posthaste_report_mails_total{outcome=\"taken\"} 2\n"));
}

TEST_F(ReportIntakeTest, ComplaintsComeBackWithTheirClues) {
  const IntakeOutcome outcome = take({kComplaint}).at(0);
  EXPECT_EQ(outcome.kind, IntakeOutcome::Kind::taken);
  ASSERT_EQ(outcome.complaints.size(), 1u);
  EXPECT_EQ(outcome.complaints[0].feedback.feedback_type, "abuse");
  EXPECT_EQ(outcome.complaints[0].clues.at(0).value, "b-1@bounce.example.com");
}

TEST_F(ReportIntakeTest, BombsAndBrokenArchivesAreRefusedWithTheReason) {
  const std::string bomb = gzip(std::string(8U << 20U, ' '));
  const auto outcomes = take(
      {mail_with(bomb), mail_with(gzip(kXml).substr(0, 20)), "From: a@b.example\r\n\r\nHello\r\n"});
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_EQ(outcomes[0].kind, IntakeOutcome::Kind::refused);
  EXPECT_THAT(outcomes[0].reason, HasSubstr("made to exhaust its reader"));
  EXPECT_EQ(outcomes[1].kind, IntakeOutcome::Kind::refused);
  EXPECT_EQ(outcomes[2].kind, IntakeOutcome::Kind::not_a_report);
  EXPECT_THAT(said.str(), HasSubstr("a report cannot be read"));
}

TEST_F(ReportIntakeTest, MoreRecordsThanAMailMayBringAreRefusedAndTold) {
  std::string xml = kXml;
  std::string records;
  for (std::size_t i = 0; i <= kMaxReportRows; ++i) records += "<record/>";
  xml.insert(xml.find("</feedback>"), records);
  const auto outcome =
      take({"From: dmarc@r.example\r\nContent-Type: text/xml\r\n\r\n" + xml}).at(0);
  EXPECT_EQ(outcome.kind, IntakeOutcome::Kind::refused);
  EXPECT_EQ(outcome.stored, 0u);
  EXPECT_THAT(said.str(), HasSubstr("the sender must split the report"));
  EXPECT_THAT(metrics.expose(), HasSubstr("posthaste_report_mails_total{outcome=\"refused\"} 1\n"));
}

TEST_F(ReportIntakeTest, AFloodIsToldToComeAgain) {
  ReportIntake::Options options;
  options.max_waiting = 4;
  start(options);
  // The fifth comes while four wait, for none is answered before the loop runs on.
  const auto outcomes = take(std::vector<std::string>(20, kComplaint));
  std::size_t busy = 0;
  for (const IntakeOutcome& outcome : outcomes) {
    busy += outcome.kind == IntakeOutcome::Kind::busy ? 1 : 0;
  }
  EXPECT_EQ(outcomes.size(), 20u);
  EXPECT_GE(busy, 1u);
  EXPECT_EQ(take({kComplaint}).at(0).kind, IntakeOutcome::Kind::taken);
}

TEST_F(ReportIntakeTest, WhatIsOldIsDropped) {
  take({mail_with(gzip(kXml))});
  clock.advance(24h * 401);
  take({kComplaint});  // no report comes: it is no history
  EXPECT_TRUE(summarize({}).domains.empty());
}

}  // namespace
}  // namespace posthaste
