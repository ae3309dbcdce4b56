#pragma once

#include <optional>
#include <string_view>

#include "event/event.h"

namespace posthaste {

// What replies and notifications say in languages other than English: of the sender, of a full or a
// closed mailbox, of a user or a domain that is not known: whose domain, the caller has to know.
// Reads plain_words() of reply_words.h, in any
// case of letters. Any thread may ask.
std::optional<Classification> class_by_foreign_words(std::string_view plain);

}  // namespace posthaste
