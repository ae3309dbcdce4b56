#pragma once

#include <optional>
#include <string_view>

#include "event/event.h"

namespace posthaste {

// What mail servers say in their own words of a delivery that got no reply: hosts not found,
// connections that timed out, mail that waited too long. Reads plain_words() of reply_words.h. Any
// thread may ask.
std::optional<Classification> class_by_delivery_words(std::string_view plain);

}  // namespace posthaste
