// The same failures in the forms that mail systems give them: encodings, charsets, HTML, folded and
// indented lines, lists of bare names, languages. None of these is taken from the corpora.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "inbound/bounce/bounce_reader.h"

namespace posthaste {
namespace {

using Names = std::set<std::string>;

const BounceReader& reader() {
  static const BounceReader kReader(ReplyClassifier::shipped());
  return kReader;
}

// A notification whose body is told by `fields` and written as `body`.
ReturnedMail read_body(const std::string& fields, const std::string& body) {
  return reader().read(
      "Return-Path: <>\nFrom: Mail Delivery System <mailer-daemon@mx.example.net>\n"
      "To: me@sender.example\nSubject: Undelivered mail\nMIME-Version: 1.0\n" +
      fields + "\n" + body);
}

ReturnedMail read_text(const std::string& body) {
  return read_body("Content-Type: text/plain; charset=utf-8\n", body);
}

Names recipients_of(const ReturnedMail& mail) {
  Names recipients;
  for (const ReturnedRecipient& one : mail.recipients) recipients.insert(one.recipient);
  return recipients;
}

void expect_unknown_joe(const ReturnedMail& mail, const std::string& form) {
  EXPECT_EQ(mail.kind, ReturnKind::bounce) << form;
  ASSERT_EQ(mail.recipients.size(), 1U) << form;
  EXPECT_EQ(mail.recipients[0].recipient, "joe@example.org") << form;
  EXPECT_EQ(mail.recipients[0].smtp_code, 550U) << form;
  EXPECT_EQ(mail.recipients[0].enhanced_status, "5.1.1") << form;
  EXPECT_EQ(mail.recipients[0].classification, Classification::bad_mailbox) << form;
  EXPECT_TRUE(mail.recipients[0].hard) << form;
}

TEST(BounceForms, AreReadInEveryEncoding) {
  expect_unknown_joe(
      read_body("Content-Type: text/plain; charset=us-ascii\n"
                "Content-Transfer-Encoding: quoted-printable\n",
                "The following address failed:\n\n  joe=40example=\n.org\n    550 5.1.1 no such =\n"
                "user\n"),
      "quoted-printable");
  // "The following address failed:\n\n<joe@example.org>: 550 5.1.1 no such user\n"
  expect_unknown_joe(
      read_body("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n",
                "VGhlIGZvbGxvd2luZyBhZGRyZXNzIGZhaWxlZDoKCjxqb2VAZXhhbXBsZS5vcmc+OiA1NTAg\n"
                "NS4xLjEgbm8gc3VjaCB1c2VyCg==\n"),
      "base64");
  expect_unknown_joe(
      read_body("Content-Type: text/html; charset=utf-8\n",
                "<html><head><style>p { color: red }</style></head><body>"
                "<p>The following address failed:</p><p>&lt;joe@example.org&gt;:<br>550 5.1.1 no "
                "such user</p></body></html>\n"),
      "HTML alone");
  expect_unknown_joe(
      read_body("Content-Type: text/plain; charset=us-ascii\n",
                "THE FOLLOWING ADDRESS FAILED:\n\n<joe@example.org>: 550 5.1.1 NO SUCH USER\n"),
      "upper case");
  expect_unknown_joe(
      read_body("Content-Type: text/plain; charset=us-ascii\n",
                "The following address\n  failed:\n\n  joe@example.org\n    550 5.1.1 no\n    such "
                "user\n"),
      "folded");
}

TEST(BounceForms, AreReadInTheCharsetOfTheirCountry) {
  // "Die Nachricht konnte nicht zugestellt werden: Empfänger unbekannt", in ISO-8859-1.
  const ReturnedMail german =
      read_body("Content-Type: text/plain; charset=iso-8859-1\n",
                "Ihre Nachricht an folgende Empf\xe4nger konnte nicht zugestellt werden:\n\n"
                "  joe@example.org\n    Empf\xe4nger unbekannt\n");
  EXPECT_EQ(recipients_of(german), Names{"joe@example.org"});
  ASSERT_EQ(german.recipients.size(), 1U);
  EXPECT_EQ(german.recipients[0].classification, Classification::bad_mailbox);
  // "Адрес не найден" in KOI8-R, behind words of the same charset.
  const ReturnedMail russian = read_body(
      "Content-Type: text/plain; charset=koi8-r\n",
      "\xf0\xc9\xd3\xd8\xcd\xcf \xce\xc5 \xcd\xcf\xd6\xc5\xd4 \xc2\xd9\xd4\xd8 "
      "\xc4\xcf\xd3\xd4\xc1\xd7\xcc\xc5\xce\xcf \xd0\xcf\xcc\xd5\xde\xc1\xd4\xc5\xcc\xc0:\n\n"
      "  joe@example.org\n    \xc1\xc4\xd2\xc5\xd3 \xce\xc5 \xce\xc1\xca\xc4\xc5\xce\n");
  EXPECT_EQ(recipients_of(russian), Names{"joe@example.org"});
  ASSERT_EQ(russian.recipients.size(), 1U);
  EXPECT_EQ(russian.recipients[0].classification, Classification::bad_mailbox);
}

TEST(BounceForms, MayListUsersOfTheReporterByBareNames) {
  const ReturnedMail mail = reader().read(
      "Return-Path: <>\nFrom: MAILER-DAEMON@isp.example\nTo: me@sender.example\n"
      "Subject: Mail Delivery Problem\nContent-Type: text/plain\n\n"
      "Your mail to the following recipients could not be delivered because\n"
      "they are not accepting mail from me@sender.example:\n\n\tjoesmith\n\tann77\n\n"
      "Please do not answer this mail.\n");
  EXPECT_EQ(recipients_of(mail), (Names{"joesmith@isp.example", "ann77@isp.example"}));
}

TEST(BounceForms, MayIndentTheirListsAsTheyLike) {
  const Names both{"joe@example.org", "ann@example.org"};
  for (const char* const list :
       {"  joe@example.org\nann@example.org\n", "joe@example.org\n    ann@example.org\n",
        "<joe@example.org>:\n 550 no such user\n\n  <ann@example.org>:\n "
        "550 no such user\n"}) {
    EXPECT_EQ(recipients_of(read_text("The following addresses failed:\n\n" + std::string(list))),
              both)
        << list;
  }
  // One who helps stands below, at another indent.
  EXPECT_EQ(recipients_of(read_text("The following address failed:\n\n    joe@example.org\n\n"
                                    "If you need help, write to\nhelp@mx.example.net\n")),
            Names{"joe@example.org"});
}

TEST(BounceForms, MaySayThatAMessageWasBlocked) {
  const ReturnedMail mail = reader().read(
      "Return-Path: <>\nFrom: Spam Firewall <postmaster@mx.example.net>\nTo: me@sender.example\n"
      "Subject: **Message you sent blocked by our bulk email filter**\n\n"
      "Your message to: joe@example.org\nwas blocked by our Spam Firewall. The email you sent with "
      "the following subject has NOT BEEN DELIVERED:\n\nSubject: News\n");
  EXPECT_EQ(mail.kind, ReturnKind::bounce);
  EXPECT_EQ(recipients_of(mail), Names{"joe@example.org"});
  ASSERT_EQ(mail.recipients.size(), 1U);
  EXPECT_FALSE(mail.recipients[0].hard);
}

TEST(BounceForms, AreReadInManyWordings) {
  for (const char* const body :
       {"Non è stato possibile recapitare il messaggio a:\n\n  joe@example.org\n",
        "Il messaggio inviato a joe@example.org non è stato consegnato.\n",
        "La consegna ai seguenti destinatari non è riuscita:\njoe@example.org\n",
        "Impossibile consegnare il messaggio al seguente indirizzo:\n<joe@example.org>\n",
        "L'indirizzo joe@example.org non esiste.\n",
        "Die Zustellung an folgende Empfänger ist fehlgeschlagen:\n\n  joe@example.org\n",
        "Votre message n'a pas pu être remis au destinataire suivant :\n\njoe@example.org\n",
        "No se pudo entregar el mensaje al destinatario siguiente:\n\n joe@example.org\n",
        "Não foi possível entregar a mensagem aos destinatários:\n\n joe@example.org\n"}) {
    const ReturnedMail mail = read_text(body);
    EXPECT_EQ(mail.kind, ReturnKind::bounce) << body;
    EXPECT_EQ(recipients_of(mail), Names{"joe@example.org"}) << body;
  }
}

TEST(BounceForms, TellWhetherAFilterOrTheServerKnowsTheUser) {
  struct Case {
    const char* body;
    bool is_hard;
  };
  for (const Case& one :
       {Case{"Hi. This is the qmail-send program at mx.example.net.\n\n<joe@example.org>:\n"
             "192.0.2.1 does not like recipient.\nRemote host said: 550 no such user\nGiving up on "
             "192.0.2.1.\n",
             true},
        Case{"Hi. This is the qmail-send program at mx.example.net.\n\n<joe@example.org>:\n"
             "192.0.2.1 failed after I sent the message.\nRemote host said: 550 no such user\n",
             false},
        Case{"The following address failed:\n\n  joe@example.org\n    SMTP error from remote mail "
             "server after RCPT TO:<joe@example.org>:\n    host mx.example.org [192.0.2.1]: 550 "
             "5.2.1 no such user\n",
             true},
        Case{"The following address failed:\n\n  joe@example.org\n    SMTP error from remote mail "
             "server after end of data:\n    host mx.example.org [192.0.2.1]: 550 no such user\n",
             false},
        Case{"The following address failed:\n\n<joe@example.org>: host mx[192.0.2.1] said: 550 "
             "5.1.1 mailbox full\n",
             false},
        Case{"The following address failed:\n\n<joe@example.org>: host mx[192.0.2.1] said: 550 "
             "5.1.1 blocked by policy\n",
             false}}) {
    const ReturnedMail mail = read_text(one.body);
    ASSERT_EQ(mail.recipients.size(), 1U) << one.body;
    EXPECT_EQ(mail.recipients[0].recipient, "joe@example.org") << one.body;
    EXPECT_EQ(mail.recipients[0].hard, one.is_hard) << one.body;
  }
}

TEST(BounceForms, TellSuccessesWithoutAReport) {
  const std::string delivered = "<joe@example.org>: delivery via mx.example.org: 250 2.1.5 Ok\n";
  const ReturnedMail report = reader().read(
      "From: Mail Delivery System <mailer-daemon@mx.example.net>\nTo: me@sender.example\n"
      "Subject: Mail Delivery Report\n\nYour message was successfully delivered to those listed "
      "below. You may still receive notifications of delivery errors from other systems.\n\n" +
      delivered);
  EXPECT_EQ(report.kind, ReturnKind::delivered);
  const ReturnedMail odd = read_text("The following address failed:\n\n" + delivered);
  ASSERT_EQ(odd.recipients.size(), 1U);
  EXPECT_EQ(odd.recipients[0].enhanced_status, "");
  EXPECT_FALSE(odd.recipients[0].hard);
}

// The address that such a mail came to may tell whose failure it is.
TEST(BounceForms, MayNameNobody) {
  const ReturnedMail mail =
      read_text("Your message could not be delivered.\n\n550 5.1.1 no such user\n");
  EXPECT_EQ(mail.kind, ReturnKind::bounce);
  ASSERT_EQ(mail.recipients.size(), 1U);
  EXPECT_EQ(mail.recipients[0].recipient, "");
  EXPECT_EQ(mail.recipients[0].smtp_code, 550U);
  EXPECT_EQ(mail.recipients[0].classification, Classification::bad_mailbox);
  EXPECT_FALSE(mail.recipients[0].hard);
}

// The message that came back had one receiver; where the text lists those who failed, it is meant
// only when its name stands there.
TEST(BounceForms, MayMeanTheReceiverOfWhatCameBack) {
  const std::string original = "\n---- Original message ----\n\nTo: joe@example.org\nSubject: x\n";
  const auto recipients = [&original](const std::string& text) {
    return recipients_of(read_text(text + original));
  };
  EXPECT_EQ(recipients("The message is undeliverable.\n"), Names{"joe@example.org"});
  EXPECT_EQ(recipients("It could not be delivered to the following users:\n\n joe (no room)\n"),
            Names{"joe@example.org"});
  EXPECT_EQ(recipients("It could not be delivered to the following users:\n\n ann (no room)\n"),
            Names{""});
}

}  // namespace
}  // namespace posthaste
