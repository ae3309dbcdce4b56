#pragma once

#include "event/event.h"
#include "mail/reply.h"

namespace posthaste {

// What the words and codes of a reply tell about its reason: words that are certain first, for
// codes are often generic, then the enhanced status, vague words (reply_words.h), the code. Rules
// for single providers come before this (reply_classifier.h). What may as well mean the sender is
// never a class that is_hard().
Classification classify(const Reply& reply);

// Whether a permanent refusal of this class says that the address is bad for good. A mailbox that
// is inactive or suspended may come back, as a full one may: those are counted, not believed.
bool is_hard(Classification classification);
// Whether it speaks of the recipient at all, and not of the sender, the message or the pace.
bool is_about_recipient(Classification classification);

}  // namespace posthaste
