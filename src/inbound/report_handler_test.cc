#include "inbound/report_handler.h"

#include "inbound/inbound_fixture.h"
#include "inbound/report/report_store.h"

namespace posthaste {
namespace {

using testing::HasSubstr;

class ReportHandlerTest : public InboundTest {
 protected:
  ReportHandlerTest() { reports.configure({address("fbl@b.sender.test")}, paths); }
  ~ReportHandlerTest() override { intake.stop(); }

  // ARF (RFC 5965) with these fields, about a message with this header.
  static std::string complaint(const std::string& fields, const std::string& original,
                               const std::string& type = "abuse") {
    return "From: fbl@r.example\r\nContent-Type: multipart/report; "
           "report-type=feedback-report; boundary=x\r\n\r\n"
           "--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: " +
           type + "\r\nUser-Agent: x\r\nVersion: 1\r\n" + fields +
           "\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\n" + original + "\r\n--x--\r\n";
  }
  HandlingOutcome take_complaint(const std::string& octets, bool is_authentic = false) {
    return take(reports, mail(octets, "fbl@r.example", is_authentic), to);
  }
  std::string own_id() const { return "X-Posthaste-ID: " + id.to_string() + "\r\n"; }

  const MailAddress to = address("fbl@b.sender.test");
  Metrics metrics;
  std::unique_ptr<ReportStore> store = *ReportStore::open({folder.path() / "reports.db"});
  ReportIntake intake{{*store, clock, metrics, Log::to_nowhere(clock)}, {}};
  ReportHandler reports{intake, desk};
};

TEST_F(ReportHandlerTest, ClaimsItsAddressesInAnyCase) {
  EXPECT_EQ(reports.claim(address("FBL@b.sender.test")).answer, AddressClaim::Answer::mine);
  EXPECT_EQ(reports.claim(address("a@b.sender.test")).answer, AddressClaim::Answer::not_mine);
}

TEST_F(ReportHandlerTest, AReturnPathProvesAComplaintWhoeverSentIt) {
  const auto outcome = take_complaint(
      complaint("Original-Mail-From: <" + path_for("victim@recipient.test").smtp_form() + ">\r\n",
                "To: redacted@redacted\r\n"));
  EXPECT_EQ(outcome.taking, Taking::acted) << outcome.reason;
  EXPECT_EQ(outcome.kind, "complaint");
  ASSERT_EQ(told().size(), 1u);
  const Event event = told().front();
  EXPECT_EQ(event.type, EventType::complaint);
  EXPECT_EQ(event.recipient, "victim@recipient.test");
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.stream, "news");
  EXPECT_EQ(event.provider, "gmail");
  EXPECT_EQ(event.meta.at("feedback_type"), "abuse");
  EXPECT_EQ(event.meta.at("tied_by"), "return_path");
}

TEST_F(ReportHandlerTest, OtherCluesCountOnlyInAnAuthenticReport) {
  const std::string octets = complaint("", own_id() + "To: redacted@redacted\r\n");
  EXPECT_EQ(take_complaint(octets).taking, Taking::ignored);
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(take_complaint(octets, true).taking, Taking::acted);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().recipient, "victim@recipient.test");
  EXPECT_EQ(told().front().meta.at("tied_by"), "own_id");
}

TEST_F(ReportHandlerTest, AnAddressAloneTiesNothing) {
  take_complaint(complaint("Original-Rcpt-To: <victim@recipient.test>\r\n",
                           "To: victim@recipient.test\r\nMessage-ID: <1@sender.test>\r\n"),
                 true);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().recipient, "");
  EXPECT_EQ(told().front().message_id, "");
}

TEST_F(ReportHandlerTest, OfSeveralRecipientsTheReportMayNameOneOfTheMessage) {
  tell_sent(id, {"one@recipient.test", "two@recipient.test"});
  take_complaint(complaint("Original-Rcpt-To: <two@recipient.test>\r\n", own_id()), true);
  take_complaint(complaint("Original-Rcpt-To: <foreign@recipient.test>\r\n", own_id()), true);
  ASSERT_EQ(told().size(), 2u);
  EXPECT_EQ(told().front().recipient, "two@recipient.test");
  EXPECT_EQ(told().back().recipient, "");
}

TEST_F(ReportHandlerTest, AFeedbackIdTellsTheCampaignOnly) {
  take_complaint(complaint("", "Feedback-ID: spring:acme:news:sender\r\n"), true);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().campaign, "spring");
  EXPECT_EQ(told().front().recipient, "");
}

TEST_F(ReportHandlerTest, WhoOptsOutIsUnsubscribedAndWhoTakesBackIsNothing) {
  const std::string path =
      "Original-Mail-From: <" + path_for("victim@recipient.test").smtp_form() + ">\r\n";
  EXPECT_EQ(take_complaint(complaint(path, "", "opt-out")).taking, Taking::acted);
  EXPECT_EQ(take_complaint(complaint(path, "", "not-spam")).taking, Taking::ignored);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().type, EventType::unsubscribe);
}

TEST_F(ReportHandlerTest, AnEventHoldsNoMoreOfOthersWordsThanItNeeds) {
  take_complaint(complaint("Original-Mail-From: <" + path_for("victim@recipient.test").smtp_form() +
                               ">\r\nReporting-MTA: dns; " + std::string(100'000, 'x') + "\r\n",
                           ""));
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().meta.at("reporting_mta").size(), 2048u);
}

TEST_F(ReportHandlerTest, ReportsAreStoredAndOtherMailIsRefusedWithTheReason) {
  const auto stored = take_complaint(
      "From: dmarc@r.example\r\nContent-Type: application/xml\r\n"
      "Content-Disposition: attachment; filename=\"r.xml\"\r\n\r\n"
      "<feedback><report_metadata><org_name>r.example</org_name><report_id>1</report_id>"
      "</report_metadata><policy_published><domain>example.com</domain></policy_published>"
      "</feedback>\r\n");
  EXPECT_EQ(stored.taking, Taking::acted) << stored.reason;
  EXPECT_EQ(stored.kind, "report");
  EXPECT_EQ((*store->summary({})).domains.size(), 1u);
  const auto other = take_complaint("From: a@b.example\r\n\r\nHello\r\n");
  EXPECT_EQ(other.taking, Taking::refused);
  EXPECT_THAT(other.reason, HasSubstr("no report is in it"));
}

}  // namespace
}  // namespace posthaste
