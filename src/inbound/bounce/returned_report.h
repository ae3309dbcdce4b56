#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "classify/reply_classifier.h"
#include "inbound/bounce/bounce.h"

namespace posthaste {

class MimeMessage;

// One recipient's fate as a source tells it, before codes and classes are found in it.
struct ToldFailure {
  ReturnKind kind = ReturnKind::bounce;
  std::string recipient;
  std::string action;           // as written
  std::string enhanced_status;  // as written: "5.0.0 (permanent failure)"
  std::string diagnostic;       // what the peer or the system said
  std::string diagnostic_type;  // "smtp", "x-unix", lower case; "" when not told
  std::string words;            // that stand at the address in the text for people
  std::string remote_mta;
  std::string_view context;  // the whole text, where the diagnostic says nothing
  RefusalStage stage = RefusalStage::untold;
  bool is_contradicted = false;  // the text for people tells of another cause
};

// Finds codes, class and whether the address is bad.
ReturnedRecipient judge(const ToldFailure& told, const ReplyClassifier& classifier);

// The header of the message that came back, when it is a part of its own; else "".
std::string returned_header(const MimeMessage& mime);

// The delivery-status part of a message (RFC 3464), or one that stands in its text; kind other
// when there is none. `head` is what it says to people.
ReturnedMail read_report(const MimeMessage& mime, std::string_view head,
                         const ReplyClassifier& classifier);

// A complaint, in any form that feedback.h knows; kind other when it is none.
ReturnedMail read_complaint(const MimeMessage& mime);

}  // namespace posthaste
