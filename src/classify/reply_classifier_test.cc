#include "classify/reply_classifier.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

const ReplyClassifier& classifier() {
  static const ReplyClassifier kClassifier = ReplyClassifier::shipped();
  return kClassifier;
}

RefusalClass class_of(const std::string& line) {
  return classifier().classify_line(line);
}

TEST(ReplyClassifier, FindsCodesWhereverTheyStand) {
  struct Case {
    const char* text;
    std::uint32_t code;
    const char* status;
  };
  for (const Case& one : {
           Case{"550 5.1.1 no such user", 550, "5.1.1"},
           Case{"550-5.7.26 unauthenticated", 550, "5.7.26"},
           Case{"host mx[192.0.2.1] said: 452-4.2.2 full (in reply to RCPT)", 452, "4.2.2"},
           Case{"550 #5.1.0 Address rejected.", 550, "5.1.0"},
           Case{"smtp;550 <a@b.example>: unknown", 550, ""},
           Case{"Sorry, no mailbox here by that name. (#5.1.1)", 0, "5.1.1"},
           Case{"554 4.4.7 Message expired: no luck in 840 minutes.<421 4.4.2 timed out>", 421,
                "4.4.2"},
           Case{"ErrorCode=550 5.1.1, user unknown", 550, "5.1.1"},
           Case{"5.1.0 - Unknown address error 550-'5.1.1 User unknown - filter'", 550, "5.1.1"},
           Case{"550_5.1.1_User_unknown", 550, "5.1.1"},
           Case{"waited 500 seconds, 550 bytes, port 587, 192.0.2.550, build 5.5.2650.21", 0, ""},
           Case{"", 0, ""},
       }) {
    const ReplyCodes codes = find_reply_codes(one.text);
    EXPECT_EQ(codes.smtp_code, one.code) << one.text;
    EXPECT_EQ(codes.enhanced_status, one.status) << one.text;
  }
}

TEST(ReplyClassifier, AsksTheProvidersRulesFirst) {
  EXPECT_EQ(provider_named_in("550 5.2.1 disabled. abc - gsmtp"), "google");
  EXPECT_EQ(provider_named_in("550 5.1.1 no such user"), "");
  EXPECT_NE(class_of("421-4.7.28 unusual rate of mail. abc - gsmtp").rule, nullptr);
}

TEST(ReplyClassifier, GivesNoAddressUpForWhatIsNotItsFault) {
  EXPECT_TRUE(class_of("550 5.1.1 <a@example.org>: user unknown").hard);
  for (const char* const line :
       {"450 4.1.1 user unknown", "550 5.2.1 account disabled", "550 5.1.1 inactive email address",
        "550 5.1.1 Account suspended", "552 5.2.2 mailbox full", "550 5.7.1 user unknown",
        "550 5.7.1 spam", "550 5.7.25 no PTR record",
        "550 unknown user a@example.org (in reply to end of DATA command)",
        "550 5.1.1 user unknown (in reply to MAIL FROM command)", "550 : User unknown",
        "554 too many connections", "550 rejected"}) {
    EXPECT_FALSE(class_of(line).hard) << line;
  }
}

TEST(ReplyClassifier, BelievesASystemsOwnWordsWhereNoPeerReplied) {
  EXPECT_EQ(class_of("No such domain.").classification, Classification::bad_domain);
  EXPECT_EQ(class_of("550 no such domain").classification, Classification::policy);
  EXPECT_EQ(class_of("Host not found, try again").classification, Classification::bad_connection);
  EXPECT_EQ(class_of("Could not deliver for the last 432000 seconds.").classification,
            Classification::transient);
  EXPECT_EQ(class_of("Postfach ist voll").classification, Classification::mailbox_full);
}

TEST(ReplyClassifier, KnowsWhatItDoesNotKnow) {
  EXPECT_TRUE(class_of("550 5.1.1 no such user").is_known);
  EXPECT_FALSE(class_of("550 gronked").is_known);
  EXPECT_EQ(class_of("550 gronked").classification, Classification::other);
}

}  // namespace
}  // namespace posthaste
