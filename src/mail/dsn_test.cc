#include "mail/dsn.h"

#include <gtest/gtest.h>

#include "mail/message.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kOriginal =
    "From: ann@example.com\r\nSubject: hello\r\n\r\nthe content\r\n";

MailAddress address(std::string_view text) {
  auto parsed = MailAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : MailAddress();
}

DsnRecipient failed_recipient() {
  DsnRecipient recipient;
  recipient.final_recipient = address("bob@example.org");
  recipient.original_recipient = "rfc822;bobby@example.net";
  recipient.status = "5.1.1";
  recipient.remote_mta = "mx.example.org";
  recipient.diagnostic_code = "550 5.1.1 <bob@example.org>: no such user";
  recipient.last_attempt = WallTime(1'767'225'600s);
  return recipient;
}

Dsn make_dsn() {
  Dsn dsn;
  dsn.reporting_mta = "mail.example.com";
  dsn.message_id = "0190b6a3@mail.example.com";
  dsn.to = address("ann@example.com");
  dsn.date = WallTime(1'767'225'660s);
  dsn.arrival = WallTime(1'767'225'540s);
  dsn.original_envelope_id = "QQ314159";
  dsn.recipients = {failed_recipient()};
  dsn.original = kOriginal;
  return dsn;
}

struct Part {
  std::string type;
  std::string encoding;
  std::string content;
};

// The parts of a notification, split at the boundary that its header names.
std::vector<Part> parts_of(const std::string& message) {
  const MessageView view(message);
  const std::string type = unfold(view.find("Content-Type")->value);
  EXPECT_TRUE(type.starts_with("multipart/report; report-type=delivery-status; boundary=\""));
  const std::size_t quote = type.find('"');
  const std::string delimiter = "\r\n--" + type.substr(quote + 1, type.size() - quote - 2);
  std::string rest = "\r\n" + std::string(view.body());
  std::vector<Part> parts;
  std::size_t begin = rest.find(delimiter);
  while (begin != std::string::npos && rest.compare(begin + delimiter.size(), 2, "--") != 0) {
    begin += delimiter.size() + 2;
    const std::size_t end = rest.find(delimiter, begin);
    EXPECT_NE(end, std::string::npos);
    if (end == std::string::npos) break;
    const std::string part = rest.substr(begin, end - begin);
    const MessageView fields(part);
    parts.push_back({unfold(fields.find("Content-Type")->value),
                     unfold(fields.find("Content-Transfer-Encoding")->value),
                     std::string(fields.body())});
    begin = end;
  }
  EXPECT_EQ(parts.size(), 3U);
  parts.resize(3);
  return parts;
}

TEST(Dsn, SaysWhatItIsInItsHeader) {
  const std::string message = write_dsn(make_dsn());
  const MessageView view(message);
  EXPECT_EQ(unfold(view.find("To")->value), "<ann@example.com>");
  EXPECT_EQ(unfold(view.find("Auto-Submitted")->value), "auto-replied");  // RFC 3834 §5
  EXPECT_EQ(unfold(view.find("Date")->value), "Thu, 01 Jan 2026 00:01:00 +0000");
  EXPECT_EQ(unfold(view.find("Message-ID")->value), "<0190b6a3@mail.example.com>");
  EXPECT_EQ(addresses_of(view.find("From")->value).at(0), "MAILER-DAEMON@mail.example.com");
  EXPECT_LE(longest_line(message), 998U);
}

TEST(Dsn, IsReadBackAsItWasWritten) {
  const auto parts = parts_of(write_dsn(make_dsn()));
  EXPECT_NE(parts[0].content.find("<bob@example.org>"), std::string::npos);
  EXPECT_NE(unfold(parts[0].content).find("no such user"), std::string::npos);
  EXPECT_EQ(parts[1].type, "message/delivery-status");
  const DsnReport report = read_delivery_status(parts[1].content);
  EXPECT_EQ(report.reporting_mta, "mail.example.com");
  EXPECT_EQ(report.original_envelope_id, "QQ314159");
  ASSERT_EQ(report.recipients.size(), 1U);
  EXPECT_EQ(report.recipients[0].final_recipient, "bob@example.org");
  EXPECT_EQ(report.recipients[0].original_recipient, "bobby@example.net");
  EXPECT_EQ(report.recipients[0].action, "failed");
  EXPECT_EQ(report.recipients[0].status, "5.1.1");
  EXPECT_EQ(report.recipients[0].remote_mta, "mx.example.org");
  EXPECT_EQ(report.recipients[0].diagnostic_code, "550 5.1.1 <bob@example.org>: no such user");
}

TEST(Dsn, ReturnsHeadersOrContentAsItWasAsked) {
  Dsn dsn = make_dsn();
  EXPECT_EQ(parts_of(write_dsn(dsn))[2].type, "text/rfc822-headers");
  EXPECT_EQ(parts_of(write_dsn(dsn))[2].content, "From: ann@example.com\r\nSubject: hello\r\n");
  dsn.returns_content = true;
  EXPECT_EQ(parts_of(write_dsn(dsn))[2].type, "message/rfc822");
  EXPECT_EQ(parts_of(write_dsn(dsn))[2].content, kOriginal);
}

TEST(Dsn, TellsOfADelay) {
  Dsn dsn = make_dsn();
  dsn.recipients[0].action = DsnAction::delayed;
  dsn.recipients[0].status = "4.4.1";
  dsn.recipients[0].diagnostic_code.clear();
  dsn.recipients[0].explanation = "no host answers";
  dsn.recipients[0].will_retry_until = WallTime(1'767'571'200s);
  const auto parts = parts_of(write_dsn(dsn));
  EXPECT_NE(parts[0].content.find("no host answers"), std::string::npos);
  EXPECT_NE(parts[1].content.find("\r\nWill-Retry-Until: Mon, 05 Jan 2026 00:00:00 +0000\r\n"),
            std::string::npos);
  EXPECT_EQ(parts[1].content.find("Diagnostic-Code"), std::string::npos);
}

TEST(Dsn, NamesEveryRecipientInItsOwnGroup) {
  Dsn dsn = make_dsn();
  dsn.recipients.push_back(failed_recipient());
  dsn.recipients[1].final_recipient = address("eve@example.org");
  const DsnReport report = read_delivery_status(parts_of(write_dsn(dsn))[1].content);
  ASSERT_EQ(report.recipients.size(), 2U);
  EXPECT_EQ(report.recipients[1].final_recipient, "eve@example.org");
}

TEST(Dsn, IsInternationalWhereItMayBe) {
  Dsn dsn = make_dsn();
  dsn.uses_8bitmime = true;
  dsn.recipients[0].final_recipient = address("gr\xC3\xBC@example.org");
  dsn.original = "Subject: gr\xC3\xBC\r\n\r\nx\r\n";
  const auto parts = parts_of(write_dsn(dsn));
  // RFC 6533 §3, §6
  EXPECT_EQ(parts[0].type, "text/plain; charset=utf-8");
  EXPECT_EQ(parts[1].type, "message/global-delivery-status");
  EXPECT_EQ(parts[1].encoding, "8bit");
  EXPECT_NE(parts[1].content.find("Final-Recipient: utf-8; gr\xC3\xBC@example.org\r\n"),
            std::string::npos);
  EXPECT_EQ(parts[2].type, "message/global-headers");
}

TEST(Dsn, IsSevenBitThroughoutWhereItMustBe) {
  Dsn dsn = make_dsn();
  dsn.recipients[0].final_recipient = address("gr\xC3\xBC@example.org");
  dsn.recipients[0].original_recipient = "utf-8;\xF0\x9F\x93\xA7\xFF@example.org";
  dsn.recipients[0].diagnostic_code = "550 caf\xC3\xA9";
  dsn.original = "Subject: gr\xC3\xBC\r\n\r\n\xC3\xBC\r\n";
  dsn.returns_content = true;
  const std::string message = write_dsn(dsn);
  EXPECT_FALSE(has_eight_bit(message)) << message;
  const auto parts = parts_of(message);
  EXPECT_EQ(parts[1].type, "message/delivery-status");
  EXPECT_NE(parts[1].content.find("Final-Recipient: utf-8; gr\\x{FC}@example.org\r\n"),
            std::string::npos);
  EXPECT_NE(parts[1].content.find("Original-Recipient: utf-8; \\x{1F4E7}?@example.org\r\n"),
            std::string::npos);
  EXPECT_EQ(parts[2].type, "text/rfc822-headers");
}

TEST(Dsn, LetsNoLineEndIntoItsFields) {
  Dsn dsn = make_dsn();
  dsn.recipients[0].diagnostic_code = "550 x\r\n\r\nAction: delivered";
  const DsnReport report = read_delivery_status(parts_of(write_dsn(dsn))[1].content);
  ASSERT_EQ(report.recipients.size(), 1U);
  EXPECT_EQ(report.recipients[0].action, "failed");
}

TEST(DsnReader, ReadsTheExampleOfTheStandard) {
  // RFC 3464 §E.1
  const DsnReport report = read_delivery_status(
      "Reporting-MTA: dns; cs.utk.edu\n\n"
      "Original-Recipient: rfc822;louisl@larry.slip.umd.edu\n"
      "Final-Recipient: rfc822;louisl@larry.slip.umd.edu\nAction: failed\nStatus: 4.0.0\n"
      "Diagnostic-Code: smtp; 426 connection timed out\n"
      "Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400\n");
  EXPECT_EQ(report.reporting_mta, "cs.utk.edu");
  ASSERT_EQ(report.recipients.size(), 1U);
  EXPECT_EQ(report.recipients[0].final_recipient, "louisl@larry.slip.umd.edu");
  EXPECT_EQ(report.recipients[0].diagnostic_code, "426 connection timed out");
}

TEST(DsnReader, ReadsOnBehindGarbageAndWithinBounds) {
  EXPECT_TRUE(read_delivery_status("").recipients.empty());
  const DsnReport report = read_delivery_status(
      "Reporting-MTA: dns; a\r\n\r\n\r\ngarbage\r\nFinal-Recipient: b@example.org\r\n"
      "status: 5.0.0 (\r\n folded)\r\n");
  ASSERT_EQ(report.recipients.size(), 1U);
  EXPECT_EQ(report.recipients[0].final_recipient, "b@example.org");
  EXPECT_EQ(report.recipients[0].status, "5.0.0 ( folded)");
  std::string many = "Reporting-MTA: dns; a\r\n\r\n";
  for (int i = 0; i < 3000; ++i) many += "Final-Recipient: rfc822; a@b\r\n\r\n";
  EXPECT_EQ(read_delivery_status(many).recipients.size(), 1000U);
}

}  // namespace
}  // namespace posthaste
