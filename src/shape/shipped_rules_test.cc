// Each pattern of each shipped rule against what the provider says; response_rule_test.cc has the
// rules themselves.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "route/shipped_providers.h"
#include "shape/response_rule.h"

namespace posthaste {
namespace {

struct Sample {
  const char* provider;
  const char* rule;
  const char* reply;
};

// As providers publish or send it, shortened and with example addresses; of a code whose text
// nobody publishes, in the form of its neighbours.
constexpr Sample kSamples[] = {
    {"default", "spamhaus", "550 5.7.1 Blocked - see https://www.spamhaus.org/query/ip/192.0.2.1"},
    {"default", "spamhaus", "550 5.7.1 a@example.net... 192.0.2.1 listed at zen.spamhaus.org"},
    {"default", "spamhaus", "554 5.7.1 Connection refused, see SBL123456"},
    {"default", "deferred-for-reputation",
     "421 4.7.0 Messages from 192.0.2.1 temporarily deferred due to user complaints"},
    {"default", "deferred-for-reputation",
     "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
     "reputation."},
    {"default", "deferred-for-reputation",
     "421 Unfortunately, some messages weren't sent. Please try again later."},
    {"default", "deferred-for-reputation", "421 4.3.2 Server busy, please try again later"},
    {"default", "greylisted", "451 4.7.1 Greylisting in action, please come back later"},
    {"default", "greylisted",
     "450 4.2.0 Recipient address rejected, see http://postgrey.schweikert.ch/help/example.com"},
    {"default", "greylisted", "450 4.7.0 Please try again in 300 seconds"},
    {"default", "throttled-for-good", "550 5.7.0 Too many messages from 192.0.2.1"},
    {"default", "throttled-for-good", "554 5.7.0 Too many concurrent connections from your host"},
    {"default", "throttled-for-good", "550 5.7.1 Rate limit exceeded, slow down"},
    {"default", "throttled-for-good", "554 5.7.1 You have exceeded your hourly limit of messages"},
    {"default", "throttled-for-good", "550 Ip frequency limited [Blocked IP 192.0.2.1]"},
    {"default", "throttled-for-good", "550 5.7.1 You are sending too fast"},
    {"default", "throttled-for-good",
     "550 5.1.0 a@example.net sender rejected. Please see "
     "https://www.spectrum.net/support/internet/understanding-email-error-codes for more "
     "information. AUP#In-1310"},
    {"google", "authentication",
     "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass."},
    {"google", "authentication",
     "550 5.7.26 Your email has been blocked because the sender is unauthenticated."},
    {"google", "authentication",
     "421 4.7.40 Your email has been rate limited because DMARC isn't configured."},
    {"google", "unusual-rate",
     "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail."},
    {"google", "unusual-rate",
     "421 4.7.0 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail "
     "originating from your IP address."},
    {"google", "unusual-rate-blocked",
     "550 5.7.28 There is an unusual rate of unsolicited mail originating from your IP address."},
    {"google", "very-low-reputation",
     "421 4.7.0 This message is suspicious due to the very low reputation of the sending domain."},
    {"google", "suspicious-content",
     "421 4.7.0 This message is suspicious due to the nature of the content or the links within."},
    {"google", "suspicious-content", "421 4.7.0 Some of the links within are suspicious."},
    {"google", "malformed", "550 5.7.1 This message is not RFC 5322 compliant."},
    {"google", "malformed",
     "550 5.7.1 Messages with multiple addresses in From: header are not "
     "accepted."},
    {"google", "unsolicited",
     "550 5.7.1 Gmail has detected that this message is likely unsolicited mail."},
    {"google", "recipient-too-fast",
     "450 4.2.1 The user you are trying to contact is receiving mail too quickly."},
    {"google", "recipient-too-fast",
     "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents "
     "additional messages from being delivered."},
    {"google", "inactive", "550 5.2.1 The email account that you tried to reach is disabled."},
    {"google", "unknown-user",
     "550 5.1.1 The email account that you tried to reach does not exist."},
    {"yahoo", "temporarily-deferred",
     "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or "
     "user complaints - 4.16.55.1"},
    {"yahoo", "deferred-again",
     "421 4.7.0 [TSS05] Messages from 192.0.2.1 temporarily deferred due to unexpected volume"},
    {"yahoo", "complaints", "421 4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred"},
    {"yahoo", "deferred-for-load", "421 4.7.1 [TS02] Messages from 192.0.2.1 temporarily deferred"},
    {"yahoo", "deferred-for-good",
     "421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred"},
    {"yahoo", "blocklisted", "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1"},
    {"yahoo", "policy", "554 5.7.9 Message not accepted for policy reasons."},
    {"yahoo", "policy", "554 Message not allowed - (#PH01) Email not accepted for policy reasons."},
    {"yahoo", "policy", "554 Message not allowed - [PH01] Email not accepted for policy reasons."},
    {"yahoo", "no-account", "554 delivery error: dd This user doesn't have a yahoo.com account"},
    {"yahoo", "no-account",
     "554 delivery error: dd Not a valid recipient - atlas315.free.mail.ne1.yahoo.com"},
    {"outlook", "rate", "421 RP-001 The mail server IP 192.0.2.1 has exceeded the rate limit."},
    {"outlook", "connections", "421 RP-003 192.0.2.1 exceeded the maximum number of connections."},
    {"outlook", "reputation-throttle",
     "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
     "reputation."},
    {"outlook", "reputation-throttle",
     "451 4.7.651 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
     "reputation."},
    {"outlook", "reputation-throttle",
     "421 The mail server has been temporarily rate limited due to IP reputation. (S775)"},
    {"outlook", "reputation-throttle",
     "421 4.7.0 The mail server has been temporarily rate limited due to IP reputation. (S3114)"},
    {"outlook", "blocked",
     "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent, since part of their network "
     "is on our block list (S3140)."},
    {"outlook", "blocked",
     "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent, since part of their network "
     "is on our block list (S3150)."},
    {"outlook", "blocked", "550 SC-004 Unfortunately, messages from 192.0.2.1 weren't sent."},
    {"outlook", "blocked", "550 DY-001 Mail rejected by Windows Live Hotmail for policy reasons."},
    {"outlook", "blocked", "550 OU-002 Mail rejected by Windows Live Hotmail for policy reasons."},
    {"outlook", "authentication",
     "550 5.7.515 Access denied, sending domain EXAMPLE.COM doesn't meet the required "
     "authentication level."},
    {"outlook", "too-many-messages", "550 IB007 Please try again later"},
    {"outlook", "too-many-messages", "550 Too many messages were sent in one session"},
    {"microsoft365", "ramp",
     "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712104)"},
    {"microsoft365", "banned", "550 5.7.606 Access denied, banned sending IP [192.0.2.1]."},
    {"microsoft365", "banned", "550 5.7.511 Access denied, banned sender[192.0.2.1]."},
    {"microsoft365", "no-recipient", "550 5.4.1 All recipient addresses rejected : Access denied."},
    {"microsoft365-dane", "ramp",
     "451 4.7.651 The mail server [192.0.2.1] has been temporarily rate limited (AS843)"},
    {"microsoft365-dane", "banned", "550 5.7.649 Access denied, banned sending IP [192.0.2.1]."},
    {"microsoft365-dane", "banned", "550 5.7.512 Access denied, banned recipient."},
    {"microsoft365-dane", "no-recipient", "550 5.4.1 Recipient address rejected: Access denied."},
    {"apple", "deferred", "451 4.7.1 [HCM1] Message deferred. Please try again later"},
    {"apple", "deferred", "421 4.7.1 [BS02] Message deferred. Please try again later"},
    {"apple", "content", "554 5.7.1 [CS01] Message rejected due to local policy."},
    {"apple", "blocklisted-domain", "554 5.7.1 A domain in it is blocked using Spamhaus DBL"},
    {"comcast", "rate", "421 4.1.0 192.0.2.1 Throttled - try again later. RL000010"},
    {"comcast", "connection-rate", "421 4.1.0 192.0.2.1 Throttled - too many sessions. RL000001"},
    {"comcast", "blocklisted",
     "554 resimta-po-01v 192.0.2.1 found on one or more DNSBLs, "
     "BL000001"},
    {"comcast", "blocklisted", "554 5.7.1 192.0.2.1 found on one or more DNSBLs, BL001000"},
    {"orange", "connections", "421 mwinf5c04 ME Too many connections, slow down. OFR004_104 [104]"},
    {"orange", "refused",
     "550 mwinf5c04 ME Client host blocked for spamming issues. OFR006_102 [102]"},
    {"t-online", "blocked",
     "554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help) (BL)"},
    {"t-online", "blocked",
     "554 IP=192.0.2.1 - None/bad reputation, contact tosa@rx.t-online.de or your postmaster."},
    {"qq", "frequency", "550 Connection frequency limited http://service.mail.qq.com/"},
    {"netease", "requests", "550 RP:ORQ 163 mx1,QMCowABnZ,1 http://mail.163.com/help/"},
    {"netease", "requests", "554 HL:ITC 163 mx1 192.0.2.1 http://mail.163.com/help/"},
};

bool matches(const std::string& pattern, const char* reply) {
  RE2::Options options;
  options.set_case_sensitive(false);
  return RE2::PartialMatch(reply, RE2(pattern, options));
}

TEST(ShippedRules, HaveAReplyForEachPattern) {
  std::size_t count = 0;
  for (const ProviderConfig& provider : shipped_providers()) {
    for (const ResponseRuleConfig& rule : provider.rules) {
      for (const std::string& pattern : rule.pattern) {
        ++count;
        const bool is_sampled =
            std::any_of(std::begin(kSamples), std::end(kSamples), [&](const Sample& sample) {
              return provider.name == sample.provider && rule.name == sample.rule &&
                     matches(pattern, sample.reply);
            });
        EXPECT_TRUE(is_sampled) << provider.name << " " << rule.name << ": " << pattern;
      }
    }
  }
  std::cout << count << " patterns, " << std::size(kSamples) << " replies\n";
}

TEST(ShippedRules, TakeTheirOwnRepliesAndNoOthers) {
  const auto compiled = ResponseRules::compile(*Providers::compile(shipped_providers(), {}));
  ASSERT_TRUE(compiled.has_value());
  for (const Sample& sample : kSamples) {
    const auto* rule = compiled->match(sample.provider, sample.reply);
    EXPECT_EQ(rule == nullptr ? "" : rule->name, sample.rule) << sample.reply;
  }
}

// The class comes from the rule, which may know a code whose words say nothing of pace.
TEST(ShippedRules, TryAgainWhereOnlyThePaceWasWrong) {
  for (const ProviderConfig& provider : shipped_providers()) {
    for (const ResponseRuleConfig& rule : provider.rules) {
      if (rule.classification != Classification::rate_limited) continue;
      EXPECT_TRUE(rule.has(RuleAction::retry)) << provider.name << " " << rule.name;
    }
  }
}

TEST(ShippedRules, LeaveToWordsWhatTheirPatternsDoNotName) {
  const auto compiled = ResponseRules::compile(*Providers::compile(shipped_providers(), {}));
  ASSERT_TRUE(compiled.has_value());
  EXPECT_EQ(compiled->match("yahoo",
                            "554 delivery error: dd Sorry, your message cannot be "
                            "delivered. This mailbox is over quota"),
            nullptr)
      << "a full mailbox is not suppressed";
  EXPECT_EQ(compiled->match("", "552 5.5.3 Too many recipients"), nullptr)
      << "it says nothing of the source";
}

}  // namespace
}  // namespace posthaste
