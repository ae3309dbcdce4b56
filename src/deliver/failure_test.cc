#include "deliver/failure.h"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>

namespace posthaste {
namespace {

Reply reply(std::uint32_t code, const char* status, const char* text) {
  return {code, EnhancedStatus::parse(status), {text}};
}

TEST(Failure, LetsTheFirstDigitDecide) {
  const Refusal odd = judge_reply(SmtpStage::rcpt, reply(450, "5.1.1", "user unknown"));
  EXPECT_FALSE(odd.is_permanent);
  EXPECT_EQ(odd.enhanced_status, "4.1.1");
  const Refusal permanent = judge_reply(SmtpStage::rcpt, reply(550, "4.1.1", "user unknown"));
  EXPECT_TRUE(permanent.is_permanent);
  EXPECT_EQ(permanent.enhanced_status, "5.1.1");
}

TEST(Failure, DefersWhatConcernsTheSessionOnly) {
  for (const SmtpStage stage :
       {SmtpStage::greeting, SmtpStage::ehlo, SmtpStage::starttls, SmtpStage::auth}) {
    EXPECT_FALSE(judge_reply(stage, reply(554, "5.7.1", "go away")).is_permanent);
  }
  EXPECT_FALSE(judge_reply(SmtpStage::rcpt, reply(421, "4.3.2", "closing")).is_permanent);
}

TEST(Failure, BlamesTheAddressOnlyForItsOwnRefusal) {
  EXPECT_TRUE(judge_reply(SmtpStage::rcpt, reply(550, "5.1.1", "no such user")).hard);
  EXPECT_FALSE(judge_reply(SmtpStage::end_of_data, reply(550, "5.1.1", "no such user")).hard);
  EXPECT_FALSE(judge_reply(SmtpStage::rcpt, reply(550, "5.7.1", "blocked by spamhaus")).hard);
  EXPECT_FALSE(judge_reply(SmtpStage::rcpt, reply(552, "5.2.2", "mailbox full")).hard);
}

TEST(Failure, ReadsTextBeforeStatusBeforeCode) {
  EXPECT_EQ(classify(reply(550, "5.7.1", "Message rejected as spam")),
            Classification::spam_content);
  EXPECT_EQ(classify(reply(550, "5.7.1", "no")), Classification::policy);
  EXPECT_EQ(classify(reply(550, "", "no")), Classification::other)
      << "no address is given up for that";
  EXPECT_EQ(classify(reply(451, "4.7.1", "Greylisted, try again in 300 seconds")),
            Classification::greylisted);
  EXPECT_EQ(classify(reply(452, "4.2.2", "over quota")), Classification::mailbox_full);
  EXPECT_EQ(classify(reply(550, "5.7.26", "This mail is not accepted")),
            Classification::authentication);
}

TEST(Failure, TriesAgainWhereThePaceWasWrongWhateverTheCode) {
  const Refusal throttled =
      judge_reply(SmtpStage::rcpt, reply(550, "5.7.1", "Rate limit exceeded"));
  EXPECT_FALSE(throttled.is_permanent);
  EXPECT_EQ(throttled.enhanced_status, "4.7.1");
  EXPECT_FALSE(judge_reply(SmtpStage::rcpt, reply(554, "", "Greylisted")).is_permanent);
  EXPECT_FALSE(judge_reply(SmtpStage::rcpt, reply(552, "", "Too many recipients")).is_permanent);
}

TEST(Failure, KnowsThatNoRecipientIsMeantBeforeRcpt) {
  const Refusal refusal = judge_reply(SmtpStage::mail, reply(550, "5.1.1", "user unknown"));
  EXPECT_EQ(refusal.classification, Classification::policy);
  EXPECT_FALSE(refusal.hard);
}

TEST(Failure, DefersAPositiveReplyWhereNoneBelongs) {
  const Refusal odd = judge_reply(SmtpStage::mail, reply(250, "", "sure"));
  EXPECT_FALSE(odd.is_permanent);
  EXPECT_EQ(judge_reply(SmtpStage::greeting, reply(221, "", "bye")).classification,
            Classification::protocol_error);
}

TEST(Failure, TellsABrokenConnectionFromNoConnection) {
  const Error error{boost::asio::error::connection_refused, "refused"};
  EXPECT_EQ(judge_error(SmtpStage::connect, error).enhanced_status, "4.4.1");
  EXPECT_EQ(judge_error(SmtpStage::data, error).enhanced_status, "4.4.2");
  EXPECT_EQ(judge_error(SmtpStage::starttls, error).classification, Classification::tls_failure);
}

}  // namespace
}  // namespace posthaste
