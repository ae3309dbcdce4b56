#pragma once

#include <cstdint>
#include <string_view>

namespace posthaste {

// How far a delivery had come when it was refused. It tells what a refusal can be about: nothing
// is known of a recipient before RCPT, and who took RCPT and refuses the message knows the address.
enum class RefusalStage : std::uint8_t { untold, before_recipient, recipient, message };

// What a text says of it, in the words of the systems that add it to a reply or write it beside:
//
//   "550 unknown user (in reply to end of DATA command)"         message
//   "remote mail server after RCPT TO:<b@example.org>: host …"   recipient
//
// Where a text tells of several, the message goes first: what is doubtful is no verdict on an
// address. But a system that sent its commands together met the refusal of RCPT at DATA
// (RFC 2920 §3.1), and the reply "no valid recipients" shows it. Any thread may ask.
RefusalStage stage_told_in(std::string_view text);

}  // namespace posthaste
