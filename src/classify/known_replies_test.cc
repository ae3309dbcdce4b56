// Replies that providers and mail systems publish, and how they say the same in other words: class,
// and whether an address is given up for it. None of these is taken from the corpora.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>

#include "classify/reply_class.h"
#include "classify/reply_classifier.h"

namespace posthaste {
namespace {

using enum Classification;

struct Known {
  const char* line;
  Classification right;
  bool is_hard = false;
};

// Addresses that are bad for good.
constexpr Known kBadAddresses[] = {
    {"550-5.1.1 The email account that you tried to reach does not exist. Please try "
     "double-checking the recipient's email address for typos or unnecessary spaces. - gsmtp",
     bad_mailbox, true},
    {"554 delivery error: dd This user doesn't have a yahoo.com account (b@yahoo.com) [0] - "
     "mta1.mail.bf1.yahoo.com",
     bad_mailbox, true},
    {"550 5.5.0 Requested action not taken: mailbox unavailable. [x.prod.protection.outlook.com]",
     bad_mailbox, true},
    {"550 5.4.1 Recipient address rejected: Access denied. AS(201806281) "
     "[DB1EUR03FT.eop-EUR03.prod.protection.outlook.com]",
     bad_mailbox, true},
    {"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient b@example.org not found by SMTP address "
     "lookup",
     bad_mailbox, true},
    {"550 5.1.1 <b@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
     bad_mailbox, true},
    {"550 5.1.1 <b@example.org>: Recipient address rejected: undeliverable address: host "
     "mx.example.org[192.0.2.1] said: 550 5.1.1 no such user",
     bad_mailbox, true},
    {"511 sorry, no mailbox here by that name (#5.1.1 - chkuser)", bad_mailbox, true},
    {"550 sorry, no mailbox here by that name. (#5.7.17)", bad_mailbox, true},
    {"550 No Such User Here", bad_mailbox, true},
    {"550 unknown user", bad_mailbox, true},
    {"550 Mailbox not found", bad_mailbox, true},
    {"550 Unknown local part b in <b@example.org>", bad_mailbox, true},
    {"550 5.1.1 Mailbox \"b\" does not exist", bad_mailbox, true},
    {"550 Invalid recipient <b@example.org>", bad_mailbox, true},
    {"553 5.1.3 Invalid address format", bad_mailbox, true},
    {"551 User not local; please try <c@example.net>", bad_mailbox, true},
    {"550 5.1.6 recipient no longer on server: b@example.org", bad_mailbox, true},
    {"556 5.1.10 Recipient address has null MX", no_mx, true},
    {"550 5.2.1 user unknown (in reply to RCPT TO command)", bad_mailbox, true},
    // The same in other languages.
    {"550 5.1.1 Utilisateur inconnu", bad_mailbox, true},
    {"550 Cette adresse n'existe pas", bad_mailbox, true},
    {"550 Empfänger unbekannt", bad_mailbox, true},
    {"550 Utente sconosciuto", bad_mailbox, true},
    {"550 Destinatario inesistente", bad_mailbox, true},
    {"550 El destinatario no existe", bad_mailbox, true},
    {"550 Usuário desconhecido", bad_mailbox, true},
    {"550 Gebruiker onbekend", bad_mailbox, true},
    {"550 Пользователь не найден", bad_mailbox, true},
    {"550 用户不存在", bad_mailbox, true},
    {"550 ユーザーが存在しません", bad_mailbox, true},
};

// What is no verdict on an address, though its code or a part of its words would be one.
constexpr Known kOtherCauses[] = {
    // Text against a status of addressing.
    {"550 5.1.1 mailbox full", mailbox_full},
    {"550 5.1.1 <b@example.org>: quota exceeded", mailbox_full},
    {"550 5.1.1 Message blocked: listed in zen.spamhaus.org", spam_block},
    {"550 5.1.1 Rejected by policy", policy},
    {"550 5.1.1 Relaying denied", relaying_denied},
    {"550 5.1.1 Message looks like spam", spam_content},
    {"550 5.1.1 You are not allowed to send to this address", policy},
    {"550 5.1.2 relay not permitted", relaying_denied},
    {"451 4.1.1 greylisted, try again in 300 seconds", greylisted},
    // What passes.
    {"550 5.1.1 user unknown, directory temporarily unavailable", bad_mailbox},
    {"550 5.1.1 Recipient address rejected: unverified address: connect to mx.example.org: "
     "Connection timed out",
     bad_mailbox},
    {"550 5.1.1 user lookup failed: LDAP error", bad_mailbox},
    // A filter speaks, or the mailbox sleeps.
    {"550 5.7.1 user unknown", bad_mailbox},
    {"550 user unknown (in reply to end of DATA command)", bad_mailbox},
    {"550 5.2.1 The email account that you tried to reach is inactive. - gsmtp", inactive_mailbox},
    {"550 5.2.1 Mailbox disabled", inactive_mailbox},
    {"550 Account suspended", inactive_mailbox},
    {"550 Mailbox is inactive", inactive_mailbox},
    {"550 User account is locked", inactive_mailbox},
    {"550 mailbox has been closed for inactivity", inactive_mailbox},
    {"552 5.2.2 Over quota", mailbox_full},
    {"550 Benutzerkonto ist deaktiviert", inactive_mailbox},
    {"552 Postfach ist voll", mailbox_full},
    {"552 boîte aux lettres pleine", mailbox_full},
    {"552 La casella è piena", mailbox_full},
    {"552 buzón lleno", mailbox_full},
    // The sender, the route, our own resolver.
    {"550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", relaying_denied},
    {"550 5.7.1 Unable to relay for b@example.org", relaying_denied},
    {"554 5.7.1 <b@example.org>: Relay access denied", relaying_denied},
    {"550 5.7.1 Recipient address rejected: Access denied", policy},
    {"550 5.4.1 All recipient addresses rejected: Access denied", policy},
    {"554 5.4.6 Hop count exceeded - possible mail loop", routing},
    {"554 5.4.14 Hop count exceeded - possible mail loop ATTR34", routing},
    {"553 5.3.5 system config error", routing},
    {"550 Absender ist unbekannt", policy},
    {"550 Expéditeur inconnu", policy},
    {"550 Mittente sconosciuto", policy},
    {"550 Remitente desconocido", policy},
    {"550 Domaine inconnu", policy},
    {"550 5.1.8 Sender address rejected: Domain not found", policy},
    {"550 5.7.1 Sender unknown", policy},
    {"550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using Spamhaus", spam_block},
    {"550-5.7.26 Your email has been blocked because the sender is unauthenticated. - gsmtp",
     authentication},
    {"550 5.7.515 Access denied, sending domain example.net does not meet the required "
     "authentication level.",
     authentication},
    {"550 SPF check failed", authentication},
    {"554 Message not allowed - [PH01] Email not accepted for policy reasons. "
     "https://postmaster.yahooinc.com/error-codes",
     authentication},
    {"550 5.7.1 Our system has detected that this message is likely unsolicited mail. - gsmtp",
     spam_block},
    {"552 5.3.4 Message size exceeds fixed maximum message size", message_too_large},
    {"550 5.7.0 Must issue a STARTTLS command first", tls_failure},
    {"503 5.5.1 Bad sequence of commands", protocol_error},
    {"550 Requested action not taken", other},
};

std::string upper(std::string line) {
  std::transform(line.begin(), line.end(), line.begin(),
                 [](unsigned char c) { return c < 0x80 ? std::toupper(c) : c; });
  return line;
}

class KnownReplies : public testing::Test {
 protected:
  template <std::size_t N>
  void expect(const Known (&all)[N]) {
    for (const Known& one : all) {
      // The same in upper case, and with the white space of a folded header field.
      std::string folded = one.line;
      const std::size_t space = folded.rfind(' ');
      if (space > 4) folded.replace(space, 1, "\r\n\t");
      for (const std::string& line : {std::string(one.line), upper(one.line), folded}) {
        const RefusalClass found = classifier_.classify_line(line);
        EXPECT_EQ(to_string(found.classification), to_string(one.right)) << line;
        EXPECT_EQ(found.hard, one.is_hard) << line;
      }
    }
  }

  const ReplyClassifier classifier_ = ReplyClassifier::shipped();
};

TEST_F(KnownReplies, TellAddressesThatAreBad) {
  expect(kBadAddresses);
}

TEST_F(KnownReplies, TellOtherCausesForWhichNoAddressIsGivenUp) {
  expect(kOtherCauses);
}

// Against the lines of a file. An address may be given up only where a right class is that it is
// bad.
void expect_sorted(const ReplyClassifier& classifier, const char* name, int count) {
  std::ifstream file(std::filesystem::path(POSTHASTE_SOURCE_DIR) / "src/classify" / name);
  int read = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t space = line.find(' ');
    if (space + 1 >= line.size() || !std::isdigit(static_cast<unsigned char>(line[space + 1]))) {
      continue;
    }
    ++read;
    const RefusalClass found = classifier.classify_line(line.substr(space + 1));
    const std::string right = "," + line.substr(0, space) + ",";
    const std::string own(to_string(found.classification));
    EXPECT_NE(right.find("," + own + ","), std::string::npos) << own << ": " << line;
    EXPECT_TRUE(!found.hard || is_hard(found.classification)) << line;
  }
  EXPECT_EQ(read, count) << name;
}

TEST_F(KnownReplies, AreSortedLineByLine) {
  expect_sorted(classifier_, "told_replies.txt", 322);
  expect_sorted(classifier_, "told_replies_more.txt", 229);
}

}  // namespace
}  // namespace posthaste
