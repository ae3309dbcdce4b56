#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inbound/bounce/bounce.h"
#include "inbound/sent_message.h"
#include "mail/return_path.h"

namespace posthaste {

// Whom one failure of a returned mail is about.
struct AttributedBounce {
  // Of the message that was sent; none when it is not known here.
  std::optional<MailAddress> recipient;
  ReturnedRecipient report;
  // False: the report does not fit what the return path proves. It is told and never acted upon.
  bool fits = true;
};

// Ties the failures that `returned` tells of to recipients of the message. The return path it came
// to is the one thing in it that cannot be forged, so it decides, and what is written in the report
// can only agree:
// - a return path of one recipient is about nobody else. The failure of another address counts for
//   it when it is the only one and the report shows our message: its mail is passed on there.
// - one of several recipients proves the message; the report may name those whom it was sent to.
std::vector<AttributedBounce> attribute(const ReturnedMail& returned, const ReturnPathToken& token,
                                        const ReturnPathCodec& codec, const SentMessage& sent);

// The address that a return path went out for: the one of these that it names.
std::optional<MailAddress> named_by(const ReturnPathToken& token, const ReturnPathCodec& codec,
                                    const std::vector<MailAddress>& candidates);

}  // namespace posthaste
