#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"

namespace posthaste {

// What the words of a reply tell about its reason, whoever says them. What is certain goes before
// the reply's enhanced status, what is vague ("rejected") only counts where the status says
// nothing.
//
// All read what plain_words() makes of the text behind code and status. Any thread may ask.
std::optional<Classification> class_by_certain_words(std::string_view plain);
std::optional<Classification> class_by_vague_words(std::string_view plain);

// Whether they speak of leave that the sender has not, where a status says that the address is bad.
bool speaks_of_leave(std::string_view plain);
// Whether they say that the receiver could not find out, so that an unknown user may be a known
// one.
bool tells_passing_trouble(std::string_view plain);
// Whether they speak of a mailbox that is closed for a while, beside whatever else they say.
bool speaks_of_closing(std::string_view plain);

// The text in lower case, single spaces between words, without punctuation. Names are taken out,
// for they are not what the peer says: <address>, <ip>, <domain> and <link> stand for them, and
// <blocklist> for the domain or page of one.
//
//   "<a@example.com>: listed at dnsbl.example.net; see https://example.net/why"
//   "<address> listed at <blocklist> see <link>"
std::string plain_words(std::string_view text);

}  // namespace posthaste
