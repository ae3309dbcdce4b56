#include "classify/refusal_stage.h"

#include <re2/re2.h>

namespace posthaste {
namespace {

bool tells(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

}  // namespace

RefusalStage stage_told_in(std::string_view text) {
  // Replies to a DATA that came with RCPT in one go, where no RCPT had been taken.
  static const RE2 kPipelined(
      R"((?i)\b50[0-9]\b.{0,20}need RCPT|no valid recipients|RCPT commands? (?:must precede|were )"
      R"(rejected)|(?:need|send|expect\w*|missing) (?:a )?(?:valid )?RCPT\b)");
  // Postfix, Exim, qmail, sendmail, Yahoo, Gmail, and what filters and appliances write. sendmail
  // gives the status of a refused message as 5.0.0, "Service unavailable".
  static const RE2 kMessage(
      R"((?i)(?:reply|response|answer) to (?:the )?(?:end of )?(?:DATA|BDAT|message|dot)\b|)"
      R"(after (?:the )?data\b|end of (?:message|data|mail)\b|)"
      R"(after (?:I |we )?(?:sent|sending|transmitting|transferring) (?:the )?(?:message|data|)"
      R"(mail|body)|failed on DATA|did not like our DATA|for TEXT command|)"
      R"(smtp command\W{1,20}(?:DATA|BDAT)\b|(?:DATA|BDAT) command|[(\[](?:DATA|BODY|EOM|EOD)[)\]]|)"
      R"(\(state 1[78]\)|55[04] 5\.0\.0 service unavailable)");
  static const RE2 kBefore(
      R"((?i)(?:reply|response|answer) to (?:the )?)"
      R"((?:MAIL FROM|EHLO|HELO|LHLO|initial|STARTTLS|AUTH|greeting|banner|connect\w*)|)"
      R"(after (?:the )?(?:MAIL FROM|EHLO|HELO|initial connection)|)"
      R"(did not like our (?:MAIL FROM|HELO|EHLO)|does not like (?:my greeting|sender)|)"
      R"([(\[](?:MAIL_FROM|CONNECT|EHLO|HELO)[)\]])");
  static const RE2 kRecipient(
      R"((?i)(?:reply|response|answer) to (?:the )?RCPT|after (?:the )?RCPT|RCPT(?: TO)? command|)"
      R"(smtp command\W{1,20}RCPT\b|does not like recipient|did not like our RCPT|)"
      R"(>>> ?RCPT TO ?:\s?\S{1,320}\s{1,3}<<< ?[45]|[(\[]RCPT(?:_TO)?[)\]]|\(state 1[34]\))");
  if (tells(text, kPipelined)) return RefusalStage::recipient;
  if (tells(text, kMessage)) return RefusalStage::message;
  if (tells(text, kBefore)) return RefusalStage::before_recipient;
  return tells(text, kRecipient) ? RefusalStage::recipient : RefusalStage::untold;
}

}  // namespace posthaste
