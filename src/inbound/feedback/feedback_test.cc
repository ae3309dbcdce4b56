#include "inbound/feedback/feedback.h"

#include <gtest/gtest.h>

#include "inbound/feedback/complaint_clue.h"

namespace posthaste {
namespace {

constexpr const char* kFields =
    "Feedback-Type: abuse\r\nUser-Agent: Yahoo!-Mail-Feedback/2.0\r\nVersion: 0.1\r\n"
    "Original-Mail-From: <news@bounce.example.com>\r\nSource-IP: 192.0.2.1\r\n";
constexpr const char* kOriginal =
    "Return-Path: <b-token@bounce.example.com>\r\nFrom: News <news@example.com>\r\n"
    "To: ann@receiver.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    "Message-ID: <1@example.com>\r\nCFBL-Feedback-ID: 111:222:333:4444\r\n"
    "X-Posthaste-ID: 0190\r\nFeedback-ID: a:b:c:sender\r\nX-Mailru-Msgtype: autumn\r\n";

// RFC 5965 §2
std::string arf(const std::string& fields_type, const std::string& fields,
                const std::string& original_type) {
  return "From: feedback@receiver.example\r\nTo: fbl@example.com\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/report; report-type=feedback-report; boundary=\"x\"\r\n\r\n"
         "--x\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n"
         "--x\r\nContent-Type: " +
         fields_type + "\r\n\r\n" + fields + "\r\n--x\r\nContent-Type: " + original_type +
         "\r\n\r\n" + kOriginal + "\r\n--x--\r\n";
}

std::optional<Feedback> read(const std::string& mail) {
  return read_feedback(MimeMessage(mail));
}

TEST(Feedback, TheOriginalMayBeWholeOrItsHeaderAlone) {
  for (const char* type : {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers",
                           "text/rfc822-headers; charset=us-ascii"}) {
    const auto feedback = read(arf("message/feedback-report", kFields, type));
    ASSERT_TRUE(feedback) << type;
    EXPECT_EQ(feedback->feedback_type, "abuse");
    EXPECT_EQ(feedback->version, 0);
    EXPECT_EQ(feedback->reporter, "feedback@receiver.example");
    EXPECT_EQ(feedback->original.message_id, "1@example.com") << type;
    EXPECT_EQ(feedback->original.subject, "Grüße") << type;
    EXPECT_EQ(feedback->original.to, std::vector<std::string>{"ann@receiver.example"});
  }
}

TEST(Feedback, FieldsLabelledAsTextAreFound) {
  EXPECT_TRUE(read(arf("text/plain", kFields, "message/rfc822")));
  EXPECT_TRUE(
      read(arf("application/octet-stream", "\r\n\r\n" + std::string(kFields), "message/rfc822")));
}

TEST(Feedback, FieldsThatNobodyKnowsAreKept) {
  Feedback feedback;
  read_feedback_fields(
      "Abuse-Type: complaint\nX-New: a\n b\n\nSource-Ip: [IPv6:2001:db8::1] (mail)\n"
      "Reporting-MTA: dns; mail.example\nSource-Port: 25x\nIncidents: 0\nno field\n"
      "Auth-Failure: bodyhash\n",
      feedback);
  EXPECT_EQ(feedback.feedback_type, "abuse");
  EXPECT_EQ(feedback.source_ip, "2001:db8::1");
  EXPECT_EQ(feedback.source_port, 25);
  EXPECT_EQ(feedback.incidents, 1);
  EXPECT_EQ(feedback.reporting_mta, "mail.example");
  EXPECT_EQ(feedback.auth_failure, "body-hash");
  const std::vector<std::pair<std::string, std::string>> others = {{"Abuse-Type", "complaint"},
                                                                   {"X-New", "a\n b"}};
  EXPECT_EQ(feedback.other_fields, others);
}

TEST(Feedback, TheOldMicrosoftFormIsTheMessageItself) {
  const std::string mail =
      "From: staff@hotmail.com\r\nSubject: complaint about message from 192.0.2.9\r\n"
      "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n"
      "--x\r\nContent-Type: message/rfc822\r\n\r\n"
      "X-HmXmrOriginalRecipient: <bob@hotmail.com>\r\n" +
      std::string(kOriginal) + "\r\nText\r\n--x--\r\n";
  const auto feedback = read(mail);
  ASSERT_TRUE(feedback);
  EXPECT_EQ(feedback->form, FeedbackForm::microsoft);
  EXPECT_EQ(feedback->feedback_type, "abuse");
  EXPECT_EQ(feedback->source_ip, "192.0.2.9");
  EXPECT_EQ(feedback->recipients(), std::vector<std::string>{"bob@hotmail.com"});
  EXPECT_EQ(feedback->original.message_id, "1@example.com");
}

TEST(Feedback, OrdinaryMailIsNone) {
  EXPECT_FALSE(
      read("From: a@b.example\r\nSubject: complaint about message from 192.0.2.9\r\n\r\n"
           "Feedback-Type: abuse\r\n"));
  EXPECT_FALSE(read(""));
}

TEST(ComplaintClue, CluesComeInTheOrderOfTheirStrengthAndNeverFromTo) {
  const auto feedback = read(arf("message/feedback-report", kFields, "message/rfc822"));
  ASSERT_TRUE(feedback);
  std::vector<std::string> found;
  for (const ComplaintClue& clue : clues_of(*feedback)) {
    found.push_back(std::string(to_string(clue.kind)) + " " + clue.value);
  }
  const std::vector<std::string> wanted = {"return_path news@bounce.example.com",
                                           "return_path b-token@bounce.example.com",
                                           "cfbl_feedback_id 111:222:333:4444",
                                           "own_id 0190",
                                           "message_id 1@example.com",
                                           "campaign a:b:c:sender",
                                           "campaign autumn"};
  EXPECT_EQ(found, wanted);
}

TEST(ComplaintClue, RecipientsAloneAreNoClue) {
  Feedback feedback;
  feedback.original_rcpt_to = {"ann@receiver.example"};
  feedback.original.to = {"ann@receiver.example"};
  EXPECT_TRUE(clues_of(feedback).empty());
}

}  // namespace
}  // namespace posthaste
