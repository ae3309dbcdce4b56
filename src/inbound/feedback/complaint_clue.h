#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inbound/feedback/feedback.h"

namespace posthaste {

// By what a complaint can be tied to what was sent, strongest first. Return path and
// CFBL-Feedback-ID prove by themselves, for only we can make their tokens; the others hold when the
// report is known to come from a provider. The recipient is none of them: anybody can write it, and
// most providers redact it.
enum class ClueKind : std::uint8_t {
  return_path,       // an address whose local part may be a token of ours
  cfbl_feedback_id,  // RFC 9477 §3.3
  own_id,            // X-Posthaste-ID
  message_id,
  campaign,  // Feedback-ID, X-Mailru-Msgtype: tells the campaign only
};
std::string_view to_string(ClueKind kind);

struct ComplaintClue {
  ClueKind kind;
  std::string value;  // without angle brackets
};

// All clues of a complaint, in the order in which to try them; each value once.
std::vector<ComplaintClue> clues_of(const Feedback& feedback);

}  // namespace posthaste
