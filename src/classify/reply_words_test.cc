#include "classify/reply_words.h"

#include <gtest/gtest.h>

#include <random>

#include "classify/reply_class.h"

namespace posthaste {
namespace {

Classification class_of(const std::string& line) {
  const std::string wire = line + "\r\n";
  std::string_view input = wire;
  const auto reply = ReplyParser().parse(input);
  return reply && *reply ? classify(**reply) : Classification::none;
}

TEST(ReplyWords, TakesNamesOutOfTheText) {
  EXPECT_EQ(plain_words("<A.b@Example.com>... Host [192.0.2.1] LISTED at dnsbl.example.net; see "
                        "https://example.net/Why?ip=192.0.2.1."),
            "<address> host <ip> listed at <blocklist> see <link>");
  EXPECT_EQ(plain_words("2001:db8::1, (b@example.com:blocked) It isn't  so!"),
            "<ip> <address> blocked it isn't so");
  EXPECT_EQ(plain_words(""), "");
  EXPECT_EQ(plain_words(" \r\n<>.:"), "");
}

TEST(ReplyWords, SayNothingWhereNamesDo) {
  EXPECT_EQ(class_of("550 5.1.1 <spam-virus-quota@blocked.example.com>: no such user"),
            Classification::bad_mailbox);
  EXPECT_EQ(class_of("550 5.1.1 no such user; see https://example.com/spam/policy/dmarc"),
            Classification::bad_mailbox);
  EXPECT_EQ(class_of("550 5.2.2 full-mailbox.example.com: sorry"), Classification::mailbox_full);
}

struct Phrase {
  const char* reply;
  Classification right;
};

using enum Classification;

// What the common servers say, in the words of their sources and manuals.
constexpr Phrase kPhrases[] = {
    // Postfix
    {"550 5.1.1 <b@example.com>: Recipient address rejected: User unknown in relay recipient "
     "table",
     bad_mailbox},
    {"550 5.1.1 <b@example.com>: Recipient address rejected: undeliverable address", bad_mailbox},
    {"450 4.1.8 <a@example.net>: Sender address rejected: Domain not found", policy},
    {"550 5.1.7 <a@example.net>: Sender address rejected: unverified address", policy},
    {"450 4.7.1 <mx.example.net>: Helo command rejected: Host not found", policy},
    {"450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", authentication},
    {"554 5.7.1 <x[192.0.2.1]>: Client host rejected: Access denied", policy},
    {"454 4.7.1 <b@example.com>: Relay access denied", relaying_denied},
    {"552 5.3.4 Message size exceeds fixed limit", message_too_large},
    {"452 4.3.1 Insufficient system storage", mailbox_full},
    {"550 5.1.2 <b@example.com>: Recipient address rejected: Domain not found", bad_domain},
    {"530 5.7.0 Must issue a STARTTLS command first", tls_failure},
    // Sendmail
    {"550 5.1.1 <b@example.com>... User unknown", bad_mailbox},
    {"553 5.1.8 <a@example.net>... Domain of sender address a@example.net does not exist", policy},
    {"550 5.7.1 <b@example.com>... Relaying denied. Proper authentication required.",
     relaying_denied},
    {"554 5.4.6 Too many hops 26 (25 max)", routing},
    // Exim
    {"550 Unrouteable address", bad_domain},
    {"550 Sender verify failed", policy},
    {"550 relay not permitted", relaying_denied},
    {"550 Administrative prohibition", policy},
    {"552 Message size exceeds maximum permitted", message_too_large},
    // qmail
    {"550 sorry, no mailbox here by that name. (#5.1.1)", bad_mailbox},
    {"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", relaying_denied},
    {"553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)", policy},
    {"552 sorry, that message size exceeds my databytes limit (#5.3.4)", message_too_large},
    // Exchange
    {"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
     bad_mailbox},
    {"550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", relaying_denied},
    {"550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy",
     policy},
    {"552 5.2.2 STOREDRV.Deliver; mailbox size limit exceeded", mailbox_full},
    // Gmail
    {"452 4.2.2 The recipient's inbox is out of storage space.", mailbox_full},
    {"550 5.2.1 The email account that you tried to reach is disabled.", inactive_mailbox},
    {"552 5.7.0 This message was blocked because its content presents a potential security "
     "issue.",
     virus},
    {"421 4.7.0 Our system has detected an unusual rate of mail from your IP", rate_limited},
    // Others
    {"550 #5.1.0 Address rejected.", bad_mailbox},
    {"554 5.7.1 mail refused, No SMTP service. Bad DNS PTR resource record.", authentication},
    {"550 High probability of spam", spam_content},
    {"451 4.7.1 Greylisting in action, please come back later", greylisted},
    {"550 Adresse d'au moins un destinataire inconnu", bad_mailbox},
    {"550 El usuario no existe", bad_mailbox},
    {"550 Benutzer unbekannt", bad_mailbox},
};

TEST(ReplyWords, KnowTheCommonServersPhrases) {
  for (const Phrase& phrase : kPhrases) {
    EXPECT_EQ(to_string(class_of(phrase.reply)), to_string(phrase.right)) << phrase.reply;
  }
}

TEST(ReplyWords, GiveNoAddressUpForAWordThatMayMeanTheSender) {
  for (const char* reply :
       {"550 Rejected", "550 Access denied", "550 5.7.1 Domain not found", "553 Invalid domain",
        "550 example.net does not exist", "550 Unroutable sender address",
        "550 5.1.0 sender refused", "550 Requested action not taken",
        "553 mailbox name not allowed", "550 5.1.7 bad address",
        "550 your account is not allowed to send from a@example.net"}) {
    EXPECT_FALSE(is_hard(class_of(reply))) << reply << " → " << to_string(class_of(reply));
  }
}

TEST(ReplyWords, ReadWhateverAPeerSays) {
  std::mt19937 random(5);
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 5000, '\0');
    for (char& c : text) c = static_cast<char>(random() % 256);
    const std::string plain = plain_words(text);
    (void)class_by_certain_words(plain);
    (void)class_by_vague_words(plain);
  }
}

}  // namespace
}  // namespace posthaste
