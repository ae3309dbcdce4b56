#include "inbound/bounce/bounce_reader.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "inbound/bounce/bounce_words.h"
#include "inbound/bounce/prose_reader.h"
#include "mail/dsn.h"
#include "mail/mime.h"

namespace posthaste {
namespace {

using namespace std::string_literals;

const BounceReader& reader() {
  static const BounceReader kReader(ReplyClassifier::shipped());
  return kReader;
}

ReturnedMail read_text(const std::string& subject, const std::string& body,
                       const std::string& from = "MAILER-DAEMON@mx.example.net") {
  return reader().read("From: " + from + "\nTo: me@sender.example\nSubject: " + subject +
                       "\nContent-Type: text/plain; charset=utf-8\n\n" + body);
}

std::set<std::string> recipients_of(const ReturnedMail& mail) {
  std::set<std::string> recipients;
  for (const ReturnedRecipient& one : mail.recipients) recipients.insert(one.recipient);
  return recipients;
}

using Names = std::set<std::string>;

TEST(BounceReader, ReadsAReportForMachines) {
  // RFC 3464 §2.3, with a status that is vaguer than the peer's own.
  const ReturnedMail mail = reader().read(
      "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
      "--b\n\nwords\n--b\nContent-Type: message/delivery-status\n\n"
      "Reporting-MTA: dns; mx.example.net\n\n"
      "Final-Recipient: rfc822; joe@example.org\nAction: failed\nStatus: 5.0.0\n"
      "Remote-MTA: dns; mail.example.org\n"
      "Diagnostic-Code: smtp; 550-5.1.1 no such user\n 550 5.1.1 here\n\n"
      "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@sender.example>\nTo: a@b\n\n"
      "--b--\n");
  ASSERT_EQ(mail.recipients.size(), 1U);
  const ReturnedRecipient& one = mail.recipients[0];
  EXPECT_EQ(one.recipient, "joe@example.org");
  EXPECT_EQ(one.action, "failed");
  EXPECT_EQ(one.smtp_code, 550U);
  EXPECT_EQ(one.enhanced_status, "5.1.1");
  EXPECT_EQ(one.remote_mta, "mail.example.org");
  EXPECT_EQ(one.classification, Classification::bad_mailbox);
  EXPECT_TRUE(one.hard);
  EXPECT_EQ(mail.original_message_id, "1@sender.example");
  EXPECT_EQ(mail.reporting_mta, "mx.example.net");
}

TEST(BounceReader, ReadsWhatWeWriteOurselves) {
  Dsn dsn;
  dsn.reporting_mta = "out.example.net";
  dsn.message_id = "9@out.example.net";
  dsn.to = *MailAddress::parse("me@sender.example");
  dsn.original = "Message-ID: <7@sender.example>\r\nSubject: s\r\n\r\nb\r\n";
  for (const auto& [address, action, status] :
       {std::tuple{"a@example.org", DsnAction::failed, "5.2.2"},
        std::tuple{"b@example.org", DsnAction::delayed, "4.4.1"},
        std::tuple{"c@example.org", DsnAction::delivered, "2.0.0"}}) {
    DsnRecipient recipient;
    recipient.final_recipient = *MailAddress::parse(address);
    recipient.action = action;
    recipient.status = status;
    if (action == DsnAction::failed) recipient.diagnostic_code = "552 5.2.2 mailbox full";
    dsn.recipients.push_back(recipient);
  }
  const ReturnedMail mail = reader().read(write_dsn(dsn));
  ASSERT_EQ(mail.recipients.size(), 3U);
  EXPECT_EQ(mail.recipients[0].kind, ReturnKind::bounce);
  EXPECT_EQ(mail.recipients[0].classification, Classification::mailbox_full);
  EXPECT_FALSE(mail.recipients[0].hard);
  EXPECT_EQ(mail.recipients[1].kind, ReturnKind::delay);
  EXPECT_EQ(mail.recipients[1].enhanced_status, "4.4.1");
  EXPECT_EQ(mail.recipients[2].kind, ReturnKind::delivered);
  EXPECT_EQ(mail.original_message_id, "7@sender.example");
}

TEST(BounceReader, ReadsTheProseOfManySystems) {
  const Names joe{"joe@example.org"};
  for (const char* const body : {
           "<joe@example.org>:\nRemote host said: 550 5.1.1 no such user\n\n"
           "--- Below this line is a copy of the message.\n\nTo: ann@example.net\n",
           "The following address(es) failed:\n\n  joe@example.org\n    host mx [192.0.2.1]: 550 "
           "no\n",
           "Message to joe@example.org failed.\n",
           "The message that you sent was undeliverable to the following:\n\tjoe@example.org "
           "(full)\n",
           "Failed to deliver to '<joe@example.org>'\n user not found\n",
           "Your mail for joe@example.org could not be delivered, the mailbox is full.\n",
           "Could not be delivered because of\n\n550 5.1.1 User unknown\n\n"
           "The following recipients were affected: \n    joe@example.org\n",
           "Error: no such user\n550 - not taken\n  MAIL FROM: me@sender.example\n"
           "  RCPT TO: joe@example.org\n  From: Me <other@sender.example>\n",
           "   ----- The following addresses had permanent fatal errors "
           "-----\n<joe@example.org>\n\n"
           "   ----- Transcript of session follows -----\n>>> RCPT To:<joe@example.org>\n"
           "<<< 550 no\n",
           "Your message wasn't delivered to joe@example.org because the address couldn't be "
           "found.\n",
       }) {
    const ReturnedMail mail = read_text("Delivery failure", body);
    EXPECT_EQ(mail.kind, ReturnKind::bounce) << body;
    EXPECT_EQ(recipients_of(mail), joe) << body;
  }
}

TEST(BounceReader, ReadsOtherLanguages) {
  const Names joe{"joe@example.org"};
  for (const char* const body :
       {"Die folgende Nachricht konnte nicht zugestellt werden an:\n\n  joe@example.org\n",
        "Votre message n'a pas pu \u00eatre remis aux destinataires suivants :\n\n "
        "joe@example.org\n",
        "El mensaje no se pudo entregar a los siguientes destinatarios:\n\njoe@example.org\n",
        "Impossibile recapitare il messaggio ai seguenti destinatari:\n\n<joe@example.org>\n",
        "\u6b21\u306e\u3042\u3066\u5148\u3078\u306e\u30e1\u30c3\u30bb\u30fc\u30b8\u306f\u30a8\u30e9"
        "\u30fc\u306e\u305f\u3081\u9001\u4fe1\u3067\u304d\u307e\u305b\u3093\u3002\n\n"
        "<joe@example.org>\n"}) {
    EXPECT_EQ(recipients_of(read_text("Undeliverable", body)), joe) << body;
  }
}

TEST(BounceReader, TellsApartWhatIsNoBounce) {
  const ReturnedMail away = reader().read(
      "From: Ann <ann@example.net>\nTo: me@sender.example\nSubject: Out of office: hi\n"
      "Auto-Submitted: auto-replied\n\nI am away. Please write to bob@example.net.\n");
  EXPECT_EQ(away.kind, ReturnKind::auto_reply);
  EXPECT_EQ(recipients_of(away), Names{"ann@example.net"});
  EXPECT_EQ(read_text("Report", "Hi, send it to ann@example.net: I could not reach her.\n",
                      "Bob <bob@example.com>")
                .kind,
            ReturnKind::other);
  EXPECT_EQ(read_text("Please confirm your message", "Click here to confirm that you are human.\n",
                      "ann@example.net")
                .kind,
            ReturnKind::auto_reply);
  EXPECT_EQ(read_text("Warning: delayed 4 hours",
                      "THIS IS A WARNING MESSAGE ONLY.\nYour message has not yet been delivered to "
                      "the following recipients:\n  joe@example.org\n")
                .kind,
            ReturnKind::delay);
}

TEST(BounceReader, ReadsBouncesThatWerePassedOn) {
  const std::string bounce =
      "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail\n\n"
      "The following address(es) failed:\n\n  joe@example.org\n    550 5.1.1 user unknown\n";
  const Names joe{"joe@example.org"};
  EXPECT_EQ(recipients_of(reader().read("From: a@b.example\nSubject: Fwd: problem\nContent-Type: "
                                        "multipart/mixed; boundary=x\n\n--x\n\nsee below\n--x\n"
                                        "Content-Type: message/rfc822\n\n" +
                                        bounce + "\n--x--\n")),
            joe);
  std::string quoted;
  for (const char c : "\n" + bounce) quoted += c == '\n' ? "\n> "s : std::string(1, c);
  EXPECT_EQ(recipients_of(reader().read("From: a@b.example\nSubject: Fwd: problem\n\nBegin "
                                        "forwarded message:\n" +
                                        quoted)),
            joe);
}

TEST(BounceReader, GivesNoAddressUpForWhatIsNotItsFault) {
  for (const char* const reply :
       {"550 5.7.1 Message rejected due to spam content", "550 5.7.26 unauthenticated mail",
        "554 5.7.1 client host blocked using zen.spamhaus.org", "452 4.2.2 mailbox full",
        "552 5.2.2 mailbox full", "550 5.2.1 account is disabled", "421 4.7.0 try again later",
        "550 5.7.1 <joe@example.org>: user unknown (in reply to end of DATA command)"}) {
    const ReturnedMail mail = read_text("Undelivered Mail Returned to Sender",
                                        "<joe@example.org>: host x said: "s + reply);
    ASSERT_EQ(mail.recipients.size(), 1U) << reply;
    EXPECT_FALSE(mail.recipients[0].hard) << reply;
  }
}

TEST(BounceReader, DoesNotMindLineEnds) {
  const std::string lf =
      "From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n\n<joe@example.org>:\n"
      "550 5.1.1 no such user\n";
  std::string crlf;
  for (const char c : lf) crlf += c == '\n' ? "\r\n"s : std::string(1, c);
  const ReturnedMail one = reader().read(lf), other = reader().read(crlf);
  ASSERT_EQ(one.recipients.size(), 1U);
  ASSERT_EQ(other.recipients.size(), 1U);
  EXPECT_EQ(one.recipients[0].diagnostic, other.recipients[0].diagnostic);
}

// What is looked at, not how long it takes: the prose is cut, recipients and parts are counted.
TEST(BounceReader, DoesBoundedWorkForAHostileMessage) {
  constexpr std::size_t kSize = 10 << 20;
  std::string addresses =
      "From: MAILER-DAEMON@x\nSubject: failure\n\nThe following addresses failed:\n";
  for (int i = 0; addresses.size() < kSize; ++i) {
    addresses += "<a" + std::to_string(i) + "@example.org>: 550 no <b@example.org>\n";
  }
  EXPECT_EQ(reader().read(addresses).recipients.size(), kMaxReturnedRecipients);
  const Prose prose = split_prose(addresses);
  EXPECT_LE(prose.head.size(), kMaxProse);
  EXPECT_LE(prose.original.size(), 8 * kMaxProse);

  std::string reports = "Content-Type: message/delivery-status\n\n";
  for (int i = 0; reports.size() < kSize; ++i) {
    reports +=
        "Final-Recipient: rfc822; a" + std::to_string(i) + "@example.org\nAction: failed\n\n";
  }
  EXPECT_EQ(reader().read(reports).recipients.size(), kMaxReturnedRecipients);

  std::string nested;
  while (nested.size() < kSize) nested += "From: MAILER-DAEMON@x\nContent-Type: message/rfc822\n\n";
  EXPECT_GT(MimeMessage(nested).parts().size(), 1U);
  EXPECT_LE(MimeMessage(nested).parts().size(), MimeLimits().max_depth);
  EXPECT_EQ(reader().read(nested).kind, ReturnKind::other);
}

TEST(BounceWords, FindWhereTheReturnedMessageBegins) {
  for (const char* const line :
       {"--- Below this line is a copy of the message.", "----- Original message -----",
        "------ This is a copy of the message, including all the headers. ------",
        "Original message follows.", "Message headers follow.", "--- Original message follows.",
        "|------------------------- Message text follows: ------------------------|",
        "--------RETURNED MAIL FOLLOWS--------", "   ----- Unsent message follows -----"}) {
    EXPECT_TRUE(begins_original(line)) << line;
  }
  for (const char* const line :
       {"The original message was received at Thu, 29 Apr 2010 23:45:01 +0900",
        "failed:", "Your message", "   ----- Transcript of session follows -----",
        "A message that you sent could not be delivered to one or more of its"}) {
    EXPECT_FALSE(begins_original(line)) << line;
  }
}

}  // namespace
}  // namespace posthaste
