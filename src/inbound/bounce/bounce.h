#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"

namespace posthaste {

// What a returned message tells, as users see it.
enum class ReturnKind : std::uint8_t { bounce, delay, delivered, complaint, auto_reply, other };
std::string_view to_string(ReturnKind kind);

// What it says of one recipient. Empty means not said.
struct ReturnedRecipient {
  ReturnKind kind = ReturnKind::other;
  std::string recipient;  // as written, without angle brackets
  std::string action;     // "failed", "delayed", "delivered", "relayed", "expanded"
  std::uint32_t smtp_code = 0;
  std::string enhanced_status;
  std::string diagnostic;  // on one line, UTF-8
  std::string remote_mta;
  Classification classification = Classification::none;
  bool hard = false;          // the address is bad for good
  bool is_known = true;       // false: no rule knew the diagnostic's words or status
  std::string feedback_type;  // of a complaint: "abuse"
};

// More of one mail are not read: no sender of ours gives one transaction more recipients.
constexpr std::size_t kMaxReturnedRecipients = 100;

// A returned message, read. Recipients stand in the order of the message; there are none when its
// kind is other.
struct ReturnedMail {
  ReturnKind kind = ReturnKind::other;
  std::vector<ReturnedRecipient> recipients;
  std::string reporting_mta;
  std::string original_envelope_id;
  std::string original_message_id;  // without angle brackets
  std::string original_header;      // of the message it is about, as far as it came back
};

}  // namespace posthaste
