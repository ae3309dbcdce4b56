#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "classify/refusal_stage.h"
#include "event/event.h"
#include "mail/reply.h"
#include "shape/response_rule.h"

namespace posthaste {

// What is known of a refusal that somebody else met and tells of, or that stands alone in a line.
struct ToldRefusal {
  std::string text;                           // "550 5.1.1 no such user", or only words
  std::string provider;                       // whose server it was: "google"; "" when not known
  std::uint32_t smtp_code = 0;                // 0: none was told
  std::string enhanced_status;                // "" likewise
  RefusalStage stage = RefusalStage::untold;  // as told beside the text
};

struct RefusalClass {
  Classification classification = Classification::other;
  bool hard = false;         // the address is bad for good
  bool is_doubtful = false;  // it may be a filter's word, or may pass: never hard
  bool is_known = false;     // a rule for words or status knew it; false: guessed by the code
  const ResponseRuleConfig* rule = nullptr;  // of a provider, when one decided
};

// Sorts refusals into classes: by the rules of the provider, then by words, status and code
// (reply_class.h), then by what mail servers say of deliveries that got no reply.
// Immutable: any thread may ask.
class ReplyClassifier {
 public:
  // `rules` may be null: no provider has rules then.
  explicit ReplyClassifier(std::shared_ptr<const ResponseRules> rules) : rules_(std::move(rules)) {}
  // With the rules that the program ships with. Compiled anew at each call: keep it.
  static ReplyClassifier shipped();

  RefusalClass classify(const ToldRefusal& refusal) const;
  // One reply on one line, as a log has it: "550-5.1.1 no such user".
  RefusalClass classify_line(std::string_view line) const;

 private:
  std::shared_ptr<const ResponseRules> rules_;
};

// The provider whose server wrote this, as far as its words or host names tell: "google"; "" when
// they do not.
std::string provider_named_in(std::string_view text);

// The SMTP code and the enhanced status that a text holds, wherever they stand in it:
//
//   "host mx.example.net[192.0.2.1] said: 550-5.1.1 no such user (in reply to RCPT TO command)"
struct ReplyCodes {
  std::uint32_t smtp_code = 0;
  std::string enhanced_status;
  std::size_t begin = std::string_view::npos;  // where the reply begins in the text
};
ReplyCodes find_reply_codes(std::string_view text);

}  // namespace posthaste
