#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

// "smtp.mailfrom=a@example.com": what of the message a result is about (RFC 8601 §2.3).
struct AuthenticationProperty {
  std::string type;   // "smtp", "header", "body", "policy"
  std::string name;   // "mailfrom", "d", "from"
  std::string value;  // unquoted
};

// One method's answer, such as "dkim=pass header.d=example.com" (RFC 8601 §2.2).
struct AuthenticationResult {
  std::string method;   // "spf", "dkim", "dmarc", "arc"
  std::string result;   // "pass"
  std::string comment;  // stands in parentheses after the result; "" if none
  std::string reason;   // "" if none
  std::vector<AuthenticationProperty> properties;
};

struct AuthenticationResults {
  std::string authserv_id;                    // who checked
  std::vector<AuthenticationResult> results;  // empty is written as "none"
};

// What stands after "Authentication-Results:", folded by CRLF and a space, no CRLF at the end;
// quoted where RFC 8601 §2.2 needs it. The same text is the payload of an
// ARC-Authentication-Results field after its "i=" (RFC 8617 §4.1.1).
std::string to_field_value(const AuthenticationResults& results);

// Reads such a value, folded or not. Nothing when it is malformed.
std::optional<AuthenticationResults> parse_authentication_results(std::string_view value);

}  // namespace posthaste
