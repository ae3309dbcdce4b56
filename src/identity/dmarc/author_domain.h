#pragma once

#include <string>
#include <string_view>

namespace posthaste {

struct AuthorDomain {
  std::string domain;   // lower-case A-labels; "" when there is no single one
  std::string problem;  // then: what is wrong
};

// The domain of the one From field (RFC 9989 §5.3.1). Several addresses are fine when they share
// it. Lines end in CRLF or LF.
AuthorDomain find_author_domain(std::string_view message);

}  // namespace posthaste
