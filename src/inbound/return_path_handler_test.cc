#include "inbound/return_path_handler.h"

#include <sstream>

#include "inbound/inbound_fixture.h"

namespace posthaste {
namespace {

using testing::HasSubstr;

class ReturnPathHandlerTest : public InboundTest {
 protected:
  ReturnPathHandlerTest() { bounces.set_paths(paths); }

  // RFC 3464, as servers write it; with the header of the message when `original` has one.
  static std::string report(const std::string& recipient, const std::string& status,
                            const std::string& said, const std::string& original = "",
                            const std::string& action = "failed") {
    return "From: MAILER-DAEMON@mx.recipient.test\r\nSubject: Undelivered\r\n"
           "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
           "--b\r\n\r\nIt could not be delivered.\r\n--b\r\n"
           "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.recipient.test\r\n"
           "\r\nFinal-Recipient: rfc822; " +
           recipient + "\r\nAction: " + action + "\r\nStatus: " + status +
           "\r\nDiagnostic-Code: smtp; " + said +
           "\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + original +
           "Subject: hello\r\n\r\n--b--\r\n";
  }
  HandlingOutcome take_report(const std::string& octets) {
    return take(bounces, mail(octets), path_for("victim@recipient.test"));
  }
  std::string received() const {
    return "Received: from x by mta.test with ESMTP id " + id.to_string() + "\r\n";
  }
};

TEST_F(ReturnPathHandlerTest, ClaimsReturnPathsAndTellsForgedOnes) {
  using Answer = AddressClaim::Answer;
  const MailAddress ours = path_for("victim@recipient.test");
  EXPECT_EQ(bounces.claim(ours).answer, Answer::mine);
  std::string forged = ours.local().unquoted();
  forged.back() = forged.back() == 'a' ? 'b' : 'a';
  const AddressClaim claim = bounces.claim({*LocalPart::parse(forged), ours.domain()});
  EXPECT_EQ(claim.answer, Answer::forged);
  EXPECT_THAT(claim.why, HasSubstr("forged"));
  EXPECT_EQ(bounces.claim(address("b-x@b.sender.test")).answer, Answer::forged);
  EXPECT_EQ(bounces.claim(address("postmaster@b.sender.test")).answer, Answer::not_mine);
  EXPECT_EQ(bounces.claim({ours.local(), *Domain::parse("other.test")}).answer, Answer::not_mine);
  bounces.set_paths(nullptr);
  EXPECT_EQ(bounces.claim(ours).answer, Answer::not_mine);
}

TEST_F(ReturnPathHandlerTest, AHardBounceIsToldWithAllThatIsKnownOfTheMessage) {
  const auto outcome = take_report(report("Victim@recipient.test", "5.1.1", "550 5.1.1 no user"));
  EXPECT_EQ(outcome.taking, Taking::acted) << outcome.reason;
  EXPECT_EQ(outcome.kind, "bounce");
  ASSERT_EQ(told().size(), 1u);
  const Event event = told().front();
  EXPECT_EQ(event.type, EventType::oob_bounce);
  EXPECT_EQ(event.message_id, id.to_string());
  EXPECT_EQ(event.recipient, "victim@recipient.test");
  EXPECT_EQ(event.recipient_domain, "recipient.test");
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.campaign, "spring");
  EXPECT_EQ(event.stream, "news");
  EXPECT_EQ(event.source, "out1");
  EXPECT_EQ(event.provider, "gmail");
  EXPECT_EQ(event.classification, Classification::bad_mailbox);
  EXPECT_EQ(event.hard, true);
  EXPECT_EQ(event.smtp_code, 550u);
  EXPECT_EQ(event.enhanced_status, "5.1.1");
  EXPECT_THAT(event.response, HasSubstr("no user"));
  EXPECT_EQ(event.listener, "mx");
  EXPECT_EQ(event.peer_address, "192.0.2.9");
  EXPECT_EQ(event.meta.at("authentication_results"), "mta.test; spf=none");
}

TEST_F(ReturnPathHandlerTest, AFullMailboxIsSoft) {
  take_report(report("victim@recipient.test", "5.2.2", "552 5.2.2 mailbox full"));
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().classification, Classification::mailbox_full);
  EXPECT_EQ(told().front().hard, false);
}

TEST_F(ReturnPathHandlerTest, NobodyElseIsEverBounced) {
  take_report(report("other@recipient.test", "5.1.1", "550 5.1.1 no user"));
  ASSERT_EQ(told().size(), 1u);
  const Event event = told().front();
  EXPECT_EQ(event.recipient, "victim@recipient.test");
  EXPECT_EQ(event.hard, false) << "a report without our message proves nothing of another address";
  EXPECT_EQ(event.classification, Classification::other);
  EXPECT_EQ(event.meta.at("reported_recipient"), "other@recipient.test");
}

TEST_F(ReturnPathHandlerTest, WhoPassesMailOnBouncesWhenTheReportShowsOurMessage) {
  take_report(report("other@recipient.test", "5.1.1", "550 5.1.1 no user", received()));
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().recipient, "victim@recipient.test");
  EXPECT_EQ(told().front().hard, true);
  EXPECT_EQ(told().front().meta.at("reported_recipient"), "other@recipient.test");
}

TEST_F(ReturnPathHandlerTest, AMessageOfAnotherServerIsKnownByItsReturnPath) {
  const MessageId elsewhere = MessageId::generate(clock.wall());
  const MailAddress path{paths->codec().make(elsewhere, address("x@far.test")),
                         *Domain::parse("b.sender.test")};
  take(bounces, mail(report("x@far.test", "5.1.1", "550 5.1.1 no user")), path);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().message_id, elsewhere.to_string());
  EXPECT_EQ(told().front().recipient, "x@far.test");
  EXPECT_EQ(told().front().hard, true);
  take(bounces, mail(report("y@far.test", "5.1.1", "550 5.1.1 no user")), path);
  ASSERT_EQ(told().size(), 2u);
  EXPECT_EQ(told().back().recipient, "") << "it is not known here whom it went to";
  EXPECT_EQ(told().back().hard, false);
}

TEST_F(ReturnPathHandlerTest, AReturnPathOfSeveralIsAboutThoseOfTheMessage) {
  tell_sent(id, {"one@recipient.test", "two@recipient.test"});
  take(bounces, mail(report("two@recipient.test", "5.1.1", "550 5.1.1 no user")), path_for_all());
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().recipient, "two@recipient.test");
  EXPECT_EQ(told().front().hard, true);
  take(bounces, mail(report("foreign@recipient.test", "5.1.1", "550 5.1.1 no", received())),
       path_for_all());
  ASSERT_EQ(told().size(), 2u);
  EXPECT_EQ(told().back().recipient, "");
  EXPECT_EQ(told().back().hard, false);
}

TEST_F(ReturnPathHandlerTest, DelaysAndAnswersOfProgramsChangeNothing) {
  const auto delay = take_report(
      report("victim@recipient.test", "4.4.1", "451 4.4.1 no answer", received(), "delayed"));
  EXPECT_EQ(delay.kind, "delay");
  EXPECT_EQ(delay.taking, Taking::ignored);
  const auto answer = take_report(
      "From: victim@recipient.test\r\nAuto-Submitted: auto-replied\r\n"
      "Subject: Out of office\r\n\r\nI am away until Monday.\r\n");
  EXPECT_EQ(answer.kind, "auto_reply");
  EXPECT_EQ(answer.taking, Taking::ignored);
  EXPECT_TRUE(told().empty());
}

TEST_F(ReturnPathHandlerTest, ReturnedMailThatIsNotUnderstoodIsToldToTheLog) {
  std::ostringstream said;
  ReturnPathHandler telling{
      {*spool, suppressor, desk, clock, Log::to_stream(said, clock, LogLevel::info)}};
  telling.set_paths(paths);
  const auto outcome =
      take(telling, mail("From: x@recipient.test\r\nSubject: s\r\n\r\nNothing known.\r\n"),
           path_for("victim@recipient.test"));
  telling.stop();
  EXPECT_EQ(outcome.kind, "other");
  EXPECT_EQ(outcome.taking, Taking::ignored);
  EXPECT_THAT(said.str(), HasSubstr("returned mail that is not understood"));
  EXPECT_THAT(said.str(), HasSubstr(id.to_string()));
  EXPECT_THAT(said.str(), HasSubstr("192.0.2.9"));
}

TEST_F(ReturnPathHandlerTest, AllBouncesOfAMailAreToldTogether) {
  tell_sent(id, {"one@recipient.test", "two@recipient.test"});
  std::string octets = report("one@recipient.test", "5.1.1", "550 5.1.1 no user");
  const std::string second =
      "\r\nFinal-Recipient: rfc822; two@recipient.test\r\nAction: failed\r\nStatus: 5.1.1\r\n";
  octets.insert(octets.find("\r\n\r\n--b\r\nContent-Type: text/rfc822-headers") + 2, second);
  EXPECT_EQ(take(bounces, mail(octets), path_for_all()).taking, Taking::acted);
  ASSERT_EQ(told().size(), 2u);
  EXPECT_EQ(told().front().recipient, "one@recipient.test");
  EXPECT_EQ(told().back().recipient, "two@recipient.test");
}

TEST_F(ReturnPathHandlerTest, AnAnswerByHandIsRefused) {
  const auto outcome = take(
      bounces,
      mail("From: v@recipient.test\r\nSubject: Lunch?\r\n\r\nAt noon.\r\n", "v@recipient.test"),
      path_for("victim@recipient.test"));
  EXPECT_EQ(outcome.taking, Taking::refused);
  EXPECT_THAT(outcome.reason, HasSubstr("write to the address in From"));
}

TEST_F(ReturnPathHandlerTest, AComplaintThatComesBackIsTiedByItsAddress) {
  const auto outcome = take_report(
      "From: fbl@r.example\r\nContent-Type: multipart/report; report-type=feedback-report; "
      "boundary=x\r\n\r\n--x\r\nContent-Type: message/feedback-report\r\n\r\n"
      "Feedback-Type: abuse\r\nUser-Agent: x\r\nVersion: 1\r\n\r\n--x\r\n"
      "Content-Type: text/rfc822-headers\r\n\r\nTo: redacted@redacted\r\n\r\n--x--\r\n");
  EXPECT_EQ(outcome.kind, "complaint");
  EXPECT_EQ(outcome.taking, Taking::acted) << outcome.reason;
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().type, EventType::complaint);
  EXPECT_EQ(told().front().recipient, "victim@recipient.test");
  EXPECT_EQ(told().front().meta.at("tied_by"), "return_path");
}

// RFC 6591: it says that a message failed, which may be anybody's, and nobody complains in it.
TEST_F(ReturnPathHandlerTest, AFailureReportSuppressesNobody) {
  const auto outcome = take_report(
      "From: dmarc@r.example\r\nContent-Type: multipart/report; report-type=feedback-report; "
      "boundary=x\r\n\r\n--x\r\nContent-Type: message/feedback-report\r\n\r\n"
      "Feedback-Type: auth-failure\r\nUser-Agent: x\r\nVersion: 1\r\nAuth-Failure: dmarc\r\n\r\n"
      "--x\r\nContent-Type: text/rfc822-headers\r\n\r\nTo: victim@recipient.test\r\n\r\n--x--\r\n");
  EXPECT_EQ(outcome.taking, Taking::ignored);
  EXPECT_TRUE(told().empty());
}

TEST_F(ReturnPathHandlerTest, AComplaintInJsonIsTiedByItsAddress) {
  const auto outcome = take_report(
      "From: no-reply@sns.test\r\nSubject: Notification\r\n\r\n"
      R"({"notificationType":"Complaint","complaint":{"complainedRecipients":)"
      R"([{"emailAddress":"victim@recipient.test"}],"complaintFeedbackType":"abuse"},)"
      "\"mail\":{}}\r\n");
  EXPECT_EQ(outcome.kind, "complaint");
  EXPECT_EQ(outcome.taking, Taking::acted) << outcome.reason;
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told().front().type, EventType::complaint);
  EXPECT_EQ(told().front().recipient, "victim@recipient.test");
  EXPECT_EQ(told().front().meta.at("feedback_type"), "abuse");
}

}  // namespace
}  // namespace posthaste
