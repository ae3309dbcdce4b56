#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

// The one form in which this folder compares and keeps names: lower case, no trailing dot; the
// root is "". Nothing when DNS cannot hold the name (RFC 1035 §2.3.4): a label that is empty or
// over 63 octets, more than 253 octets in all, or characters other than visible ASCII and spaces.
std::optional<std::string> normalize_dns_name(std::string_view name);

// Whether a normalized name can be that of a host or mail domain: letters, digits, hyphens, and
// underscores, which real ones carry (RFC 1123 §2.1 has none).
bool is_host_name(std::string_view name);

// Whether `name` is `zone` or below it; both normalized. Everything is below the root.
bool is_in_zone(std::string_view name, std::string_view zone);

// "b.c" of "a.b.c"; "" at the top.
std::string_view parent_dns_name(std::string_view name);

}  // namespace posthaste
