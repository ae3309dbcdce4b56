#include "deliver/failure.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

namespace posthaste {
namespace {

struct TextRule {
  std::string_view words;  // lower case
  Classification classification;
};

// In this order: what is more telling comes first.
constexpr std::array kTextRules{
    TextRule{"greylist", Classification::greylisted},
    TextRule{"graylist", Classification::greylisted},
    TextRule{"grey-list", Classification::greylisted},
    TextRule{"virus", Classification::virus},
    TextRule{"malware", Classification::virus},
    TextRule{"over quota", Classification::mailbox_full},
    TextRule{"overquota", Classification::mailbox_full},
    TextRule{"quota exceeded", Classification::mailbox_full},
    TextRule{"exceeded storage", Classification::mailbox_full},
    TextRule{"mailbox full", Classification::mailbox_full},
    TextRule{"mailbox is full", Classification::mailbox_full},
    TextRule{"insufficient storage", Classification::mailbox_full},
    TextRule{"user unknown", Classification::bad_mailbox},
    TextRule{"unknown user", Classification::bad_mailbox},
    TextRule{"no such user", Classification::bad_mailbox},
    TextRule{"no such recipient", Classification::bad_mailbox},
    TextRule{"no such mailbox", Classification::bad_mailbox},
    TextRule{"does not exist", Classification::bad_mailbox},
    TextRule{"doesn't exist", Classification::bad_mailbox},
    TextRule{"recipient not found", Classification::bad_mailbox},
    TextRule{"unknown recipient", Classification::bad_mailbox},
    TextRule{"invalid recipient", Classification::bad_mailbox},
    TextRule{"mailbox unavailable", Classification::bad_mailbox},
    TextRule{"mailbox not found", Classification::bad_mailbox},
    TextRule{"account disabled", Classification::inactive_mailbox},
    TextRule{"account is disabled", Classification::inactive_mailbox},
    TextRule{"mailbox disabled", Classification::inactive_mailbox},
    TextRule{"account suspended", Classification::inactive_mailbox},
    TextRule{"inactive", Classification::inactive_mailbox},
    TextRule{"relay access denied", Classification::relaying_denied},
    TextRule{"relaying denied", Classification::relaying_denied},
    TextRule{"relay not permitted", Classification::relaying_denied},
    TextRule{"unable to relay", Classification::relaying_denied},
    TextRule{"too many connections", Classification::rate_limited},
    TextRule{"too many messages", Classification::rate_limited},
    TextRule{"rate limit", Classification::rate_limited},
    TextRule{"ratelimit", Classification::rate_limited},
    TextRule{"throttl", Classification::rate_limited},
    TextRule{"temporarily deferred", Classification::rate_limited},
    TextRule{"dmarc", Classification::authentication},
    TextRule{"dkim", Classification::authentication},
    TextRule{"spf ", Classification::authentication},
    TextRule{"unauthenticated", Classification::authentication},
    TextRule{"blocklist", Classification::spam_block},
    TextRule{"blacklist", Classification::spam_block},
    TextRule{"block list", Classification::spam_block},
    TextRule{"spamhaus", Classification::spam_block},
    TextRule{"reputation", Classification::spam_block},
    TextRule{"unsolicited", Classification::spam_content},
    TextRule{"spam", Classification::spam_content},
    TextRule{"message too large", Classification::message_too_large},
    TextRule{"size limit", Classification::message_too_large},
    TextRule{"exceeds maximum", Classification::message_too_large},
    TextRule{"policy", Classification::policy},
};

// RFC 3463 §3, by subject and detail.
std::optional<Classification> by_status(const EnhancedStatus& status) {
  switch (status.subject * 1000 + status.detail) {
    case 1001:
    case 1003:
    case 1006:
      return Classification::bad_mailbox;
    case 1002:
      return Classification::bad_domain;
    case 1010:
      return Classification::no_mx;
    case 2001:
      return Classification::inactive_mailbox;
    case 2002:
      return Classification::mailbox_full;
    case 2003:
    case 3004:
      return Classification::message_too_large;
    case 4004:
    case 4006:
      return Classification::routing;
    case 7008:
    case 7020:
    case 7023:
    case 7024:
    case 7025:
    case 7026:
    case 7027:
    case 7030:
      return Classification::authentication;
    case 7010:
    case 7011:
    case 7029:
      return Classification::tls_failure;
    case 7028:
      return Classification::rate_limited;
    default:
      break;
  }
  switch (status.subject) {
    case 1:
      return Classification::bad_mailbox;
    case 5:
      return Classification::protocol_error;
    case 7:
      return Classification::policy;
    default:
      return std::nullopt;
  }
}

Classification by_code(std::uint32_t code) {
  switch (code) {
    case 452:
      return Classification::transient;
    case 552:
      return Classification::mailbox_full;
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
      return Classification::protocol_error;
    case 530:
    case 535:
      return Classification::authentication;
    case 550:
    case 551:
    case 553:
      return Classification::bad_mailbox;
    case 556:
      return Classification::no_mx;
    default:
      return code < 500 ? Classification::transient : Classification::other;
  }
}

// A status that agrees with the code, for events and notifications (RFC 3463 §2).
std::string status_for(const Reply& reply, bool is_permanent) {
  const std::uint16_t klass = is_permanent ? 5 : 4;
  if (reply.enhanced) {
    EnhancedStatus status = *reply.enhanced;
    status.klass = klass;
    return status.to_string();
  }
  return std::to_string(klass) + ".0.0";
}

}  // namespace

Classification classify(const Reply& reply) {
  std::string text = reply.text();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const TextRule& rule : kTextRules) {
    if (text.find(rule.words) != std::string::npos) return rule.classification;
  }
  if (reply.enhanced) {
    if (const auto classification = by_status(*reply.enhanced)) return *classification;
  }
  return by_code(reply.code);
}

bool is_hard(Classification classification) {
  return classification == Classification::bad_mailbox ||
         classification == Classification::inactive_mailbox ||
         classification == Classification::bad_domain || classification == Classification::no_mx;
}

Refusal judge_reply(SmtpStage stage, const Reply& reply) {
  Refusal refusal;
  const bool is_session = stage <= SmtpStage::auth || reply.code == 421;
  refusal.is_permanent = reply.is_permanent() && !is_session;
  refusal.classification = classify(reply);
  if (stage == SmtpStage::starttls) refusal.classification = Classification::tls_failure;
  if (reply.code < 400) {
    // A positive reply where none belongs.
    refusal.is_permanent = false;
    refusal.classification = Classification::protocol_error;
  }
  // Only a recipient's own refusal says that the address is bad.
  refusal.hard =
      refusal.is_permanent && stage == SmtpStage::rcpt && is_hard(refusal.classification);
  refusal.smtp_code = reply.code;
  refusal.enhanced_status = status_for(reply, refusal.is_permanent);
  refusal.response = reply.text();
  return refusal;
}

Refusal judge_error(SmtpStage stage, const Error& error) {
  Refusal refusal;
  refusal.classification =
      stage == SmtpStage::starttls ? Classification::tls_failure : Classification::bad_connection;
  // RFC 3463 §3.5: 4.4.1 no answer from host, 4.4.2 bad connection; §3.8: 4.7.5 cryptographic
  // failure.
  refusal.enhanced_status = stage == SmtpStage::starttls  ? "4.7.5"
                            : stage == SmtpStage::connect ? "4.4.1"
                                                          : "4.4.2";
  refusal.response = error.message();
  return refusal;
}

}  // namespace posthaste
