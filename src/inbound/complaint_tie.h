#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inbound/address_handler.h"
#include "inbound/feedback/complaint_clue.h"
#include "inbound/sent_message.h"
#include "mail/return_path.h"

namespace posthaste {

// What ties a complaint to something that was sent.
struct ComplaintTie {
  ClueKind by = ClueKind::campaign;
  std::optional<ReturnPathToken> token;  // a return path of ours: it proves itself
  MessageId message;                     // of all but a campaign
  std::string campaign;                  // of a campaign alone
};

// The strongest clue that holds. A return path is proof; the others only count when the report is
// known to come from the provider that it names (`is_authentic`), for whoever has got a message can
// write them. `codec` may be null.
std::optional<ComplaintTie> tie_complaint(const std::vector<ComplaintClue>& clues,
                                          const ReturnPathCodec* codec, bool is_authentic);

// The event that a complaint is: complaint, or unsubscribe when that is what the recipient asked
// for. Nothing for a report that a message is wanted ("not-spam"), or that it failed
// authentication: no recipient complains there.
//
// Its recipient is the one of the return path, or a recipient of the message that the report names,
// or the only one; nobody else is ever complained for.
std::optional<Event> complaint_event(const Feedback& feedback,
                                     const std::optional<ComplaintTie>& tie,
                                     const SentMessage& sent, const ReturnPathCodec* codec,
                                     WallTime now);

// Sets what is said, for what is empty is not; and not more than 2 KiB of it, for others write it.
void set_meta(Event& event, const char* name, const std::string& value);

// What every event of a mail that came back has of that mail: who brought it, what was found of its
// sender.
void add_arrival(const InboundMail& mail, Event& event);

}  // namespace posthaste
