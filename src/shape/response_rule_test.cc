#include "shape/response_rule.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>

#include "route/shipped_providers.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

const ResponseRules& shipped() {
  static const ResponseRules kRules = [] {
    auto compiled = ResponseRules::compile(*Providers::compile(shipped_providers(), {}));
    return std::move(*compiled);
  }();
  return kRules;
}

struct Sample {
  const char* provider;
  const char* rule;
  const char* reply;
};

// What providers really say, with example addresses.
constexpr Sample kSamples[] = {
    {"default", "spamhaus",
     "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; "
     "https://www.spamhaus.org/query/ip/192.0.2.1"},
    {"default", "deferred-for-reputation",
     "421 4.7.0 Messages from 192.0.2.1 temporarily deferred due to user complaints"},
    {"default", "deferred-for-reputation",
     "450 4.7.1 You've been rate limited due to IP reputation"},
    {"default", "deferred-for-reputation", "421 4.3.2 Server busy, please try again later"},
    {"default", "greylisted",
     "450 4.2.0 <b@example.com>: Recipient address rejected: Greylisted, see "
     "http://postgrey.schweikert.ch/help/example.com.html"},
    {"default", "greylisted", "451 4.7.1 Greylisting in action, please come back later"},
    {"default", "greylisted", "450 4.7.0 Please try again in 300 seconds"},
    {"default", "throttled-for-good", "550 5.7.0 Too many messages from 192.0.2.1"},
    {"google", "authentication",
     "550-5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires "
     "all senders to authenticate with either SPF or DKIM."},
    {"google", "authentication",
     "550-5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record setup, "
     "or the corresponding forward DNS entry does not match the sending IP."},
    {"google", "authentication",
     "421-4.7.27 Your email has been rate limited because SPF authentication didn't pass for this "
     "message."},
    {"google", "authentication",
     "421-4.7.29 Your email has been rate limited because this message wasn't sent over a TLS "
     "connection."},
    {"google", "authentication",
     "421-4.7.40 Your email has been rate limited because DMARC isn't configured."},
    {"google", "authentication", "421 5.7.32 Your From: header is not aligned with SPF or DKIM."},
    {"google", "unusual-rate",
     "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP "
     "address. To protect our users, mail sent from your IP address has been temporarily rate "
     "limited."},
    {"google", "unusual-rate-blocked",
     "550-5.7.28 There is an unusual rate of unsolicited mail originating from your IP address. To "
     "protect our users, mail sent from your IP address has been blocked."},
    {"google", "very-low-reputation",
     "421-4.7.0 This message is suspicious due to the very low reputation of the sending IP "
     "address."},
    {"google", "suspicious-content",
     "421-4.7.0 This message is suspicious due to the nature of the content or the links within."},
    {"google", "malformed",
     "550-5.7.1 This message is not RFC 5322 compliant. There are multiple From headers."},
    {"google", "unsolicited",
     "550-5.7.1 [192.0.2.1] Gmail has detected that this message is likely unsolicited mail. To "
     "reduce the amount of spam sent to Gmail, this message has been blocked."},
    {"google", "recipient-too-fast",
     "450-4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend "
     "your message at a later time."},
    {"google", "recipient-too-fast",
     "550-5.2.1 The user you are trying to contact is receiving mail at a rate that prevents "
     "additional messages from being delivered."},
    {"google", "inactive", "550 5.2.1 The email account that you tried to reach is inactive."},
    {"google", "unknown-user",
     "550-5.1.1 The email account that you tried to reach does not exist. Please try "
     "double-checking the recipient's email address for typos or unnecessary spaces."},
    {"yahoo", "temporarily-deferred",
     "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or "
     "user complaints - 4.16.55.1"},
    {"yahoo", "deferred-again",
     "421 4.7.0 [TSS05] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or "
     "user complaints"},
    {"yahoo", "complaints",
     "421 4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred due to user complaints - "
     "4.16.55.1"},
    {"yahoo", "deferred-for-load",
     "421 4.7.1 [TS02] Messages from 192.0.2.1 temporarily deferred due to excessive load"},
    {"yahoo", "deferred-for-good",
     "421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred; Retrying will NOT "
     "succeed."},
    {"yahoo", "blocklisted",
     "553 5.7.1 [BL21] Connections not accepted from IP addresses on Spamhaus PBL"},
    {"yahoo", "policy", "554 5.7.9 Message not accepted for policy reasons."},
    {"yahoo", "policy", "554 Message not allowed - [PH01] Email not accepted for policy reasons."},
    {"yahoo", "no-account",
     "554 delivery error: dd This user doesn't have a yahoo.com account (b@yahoo.com) [0] - "
     "mta1234.mail.ne1.yahoo.com"},
    {"outlook", "rate",
     "421 RP-001 Unfortunately, some messages from 192.0.2.1 weren't sent. Please try again. We "
     "have limits for how many messages can be sent per hour and per day."},
    {"outlook", "connections",
     "421 RP-003 Unfortunately, the mail server 192.0.2.1 exceeded the maximum number of "
     "connections."},
    {"outlook", "reputation-throttle",
     "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
     "reputation. For e-mail delivery information, see https://postmaster.live.com (S775)"},
    {"outlook", "blocked",
     "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your "
     "Internet "
     "service provider since part of their network is on our block list (S3140)."},
    {"outlook", "blocked", "550 SC-001 Mail rejected by Windows Live Hotmail for policy reasons."},
    {"outlook", "authentication",
     "550 5.7.515 Access denied, sending domain EXAMPLE.COM doesn't meet the required "
     "authentication level."},
    {"outlook", "too-many-messages", "550 IB007 Too many messages were sent in one session"},
    {"microsoft365", "ramp",
     "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712104)"},
    {"microsoft365", "banned",
     "550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list "
     "please visit https://sender.office.com/"},
    {"microsoft365", "no-recipient",
     "550 5.4.1 Recipient address rejected: Access denied. "
     "[DB5EUR01FT012.eop-EUR01.prod.protection.outlook.com]"},
    {"microsoft365-dane", "ramp",
     "451 4.7.651 The mail server [192.0.2.1] has been temporarily rate limited (AS843)"},
    {"microsoft365-dane", "banned", "550 5.7.511 Access denied, banned sender[192.0.2.1]."},
    {"microsoft365-dane", "no-recipient", "550 5.4.1 Recipient address rejected: Access denied."},
    {"apple", "deferred", "451 4.7.1 [HCM1] Message deferred. Please try again later"},
    {"apple", "content", "554 5.7.1 [CS01] Message rejected due to local policy."},
    {"apple", "blocklisted-domain",
     "554 5.7.1 Your message was rejected because a domain in it is blocked using Spamhaus DBL"},
    {"comcast", "rate", "421 4.1.0 192.0.2.1 Throttled - try again later. RL000010"},
    {"comcast", "connection-rate", "421 4.1.0 192.0.2.1 Throttled - too many sessions. RL000001"},
    {"comcast", "blocklisted",
     "554 resimta-po-01v.sys.comcast.net 192.0.2.1 found on one or more DNSBLs, see "
     "http://postmaster.comcast.net/smtp-error-codes.php#BL000001"},
    {"orange", "connections",
     "421 mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. Too many "
     "connections, slow down. OFR004_104 [104]"},
    {"orange", "refused",
     "421 mwinf5c04 ME Service refuse. Veuillez essayer plus tard. Service refused, please try "
     "later. OFR_999 [999]"},
    {"t-online", "blocked",
     "554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help or to contact "
     "tosa@rx.t-online.de to clarify.) (BL)"},
    {"qq", "frequency",
     "550 Connection frequency limited "
     "http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022"},
    {"netease", "requests",
     "550 RP:ORQ 163 mx1,QMCowABnZ,1,1600000000 http://mail.163.com/help/help_spam_16.htm"},
    {"netease", "requests",
     "554 HL:ITC 163 mx1 192.0.2.1 http://mail.163.com/help/help_spam_16.htm"},
};

TEST(ResponseRules, KnowEachReplyTheyWereWrittenFor) {
  for (const Sample& sample : kSamples) {
    const std::string_view provider = sample.provider;
    const ResponseRuleConfig* rule = shipped().match(provider, sample.reply);
    EXPECT_EQ(rule == nullptr ? "" : rule->name, sample.rule) << sample.reply;
  }
}

TEST(ResponseRules, HaveASampleForEachShippedRule) {
  std::set<std::string> sampled;
  for (const Sample& sample : kSamples) {
    sampled.insert(std::string(sample.provider) + " " + sample.rule);
  }
  std::size_t count = 0;
  for (const ProviderConfig& provider : shipped_providers()) {
    for (const ResponseRuleConfig& rule : provider.rules) {
      ++count;
      EXPECT_TRUE(sampled.contains(provider.name + " " + rule.name))
          << provider.name << " " << rule.name;
    }
  }
  std::cout << count << " shipped rules, " << std::size(kSamples) << " replies\n";
}

TEST(ResponseRules, NeverSuppressForPolicyOrAuthentication) {
  for (const ProviderConfig& provider : shipped_providers()) {
    for (const ResponseRuleConfig& rule : provider.rules) {
      if (!rule.has(RuleAction::suppress)) continue;
      EXPECT_TRUE(rule.classification == Classification::bad_mailbox ||
                  rule.classification == Classification::inactive_mailbox)
          << provider.name << " " << rule.name;
    }
  }
}

TEST(ResponseRules, LeaveOrdinaryRepliesAlone) {
  for (const char* provider : {"google", "yahoo", "outlook", "qq", ""}) {
    for (const char* reply : {"250 2.0.0 OK", "550 5.1.1 user unknown", "452 4.2.2 mailbox full",
                              "554 5.7.1 spam", "421 4.4.2 timeout", ""}) {
      EXPECT_EQ(shipped().match(provider, reply), nullptr) << provider << ": " << reply;
    }
  }
}

TEST(ResponseRules, ReadWhateverAPeerSays) {
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string reply(random() % 5000, '\0');
    for (char& c : reply) c = static_cast<char>(random());
    (void)shipped().match("google", reply);
  }
}

TEST(RuleHits, ActOnTheNthMatchWithinTheTime) {
  ManualClock clock;
  RuleHits hits(clock);
  ResponseRuleConfig rule;
  rule.name = "r";
  rule.hits = 3;
  rule.within = 10min;
  EXPECT_FALSE(hits.count(rule, "a"));
  EXPECT_FALSE(hits.count(rule, "b"));
  clock.advance(6min);
  EXPECT_FALSE(hits.count(rule, "a"));
  clock.advance(6min);
  EXPECT_FALSE(hits.count(rule, "a")) << "the first is too long ago";
  EXPECT_TRUE(hits.count(rule, "a"));
  EXPECT_FALSE(hits.count(rule, "a")) << "it counts anew";
  clock.advance(1h);
  hits.forget_old();
  EXPECT_FALSE(hits.count(rule, "b"));
}

}  // namespace
}  // namespace posthaste
