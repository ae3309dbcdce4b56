#pragma once

#include <string>
#include <string_view>

namespace posthaste {

// The part of a domain that a registry sells, by the public suffix list that came with the system:
// "example.co.uk" of "a.example.co.uk"; "" for a public suffix. Lower-case A-labels. What RFC 7489
// §3.2 builds on; RFC 9989 has the tree walk in its place.
std::string registrable_domain(std::string_view domain);

}  // namespace posthaste
