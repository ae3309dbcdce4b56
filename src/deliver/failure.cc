#include "deliver/failure.h"

namespace posthaste {
namespace {

// Not a verdict on message or address, whatever the code: another hour will do.
bool is_about_pace(Classification classification) {
  return classification == Classification::rate_limited ||
         classification == Classification::greylisted;
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

Refusal judge_reply(SmtpStage stage, const Reply& reply) {
  Refusal refusal;
  const bool is_session = stage <= SmtpStage::auth || reply.code == 421;
  refusal.classification = classify(reply);
  refusal.is_permanent =
      reply.is_permanent() && !is_session && !is_about_pace(refusal.classification);
  // Before RCPT the peer has heard of no recipient.
  if (stage <= SmtpStage::mail && is_about_recipient(refusal.classification)) {
    refusal.classification = Classification::policy;
  }
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
