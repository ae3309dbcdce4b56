#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace posthaste {

// The Unix time of an RFC 5322 §3.3 date-time, in the forms of RFC 5322 §4.3 too and without the
// day's name; what is in parentheses is skipped, an unknown zone counts as UTC. Nothing when it is
// no date.
std::optional<std::int64_t> parse_mail_date(std::string_view text);

}  // namespace posthaste
