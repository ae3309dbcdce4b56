#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "identity/authentication_results.h"

namespace posthaste {

// A character of a value that needs no quotes: of a token of RFC 2045 §5.1, or of UTF-8.
bool is_value_char(char c);

// Reads one Authentication-Results value. Lenient where others are known to write what the grammar
// does not allow and the meaning is plain: a ";" at the end, base64 without quotes, words between
// the properties.
class AuthenticationResultsReader {
 public:
  explicit AuthenticationResultsReader(std::string_view text) : text_(text) {}

  std::optional<AuthenticationResults> read();

 private:
  bool is_at_end() const { return at_ >= text_.size(); }
  char peek() const { return is_at_end() ? '\0' : text_[at_]; }
  bool take(char c);
  // White space and comments; the text of the first comment goes to `comment`. False when a comment
  // has no end.
  bool skip_cfws(std::string* comment = nullptr);
  bool skip_comment(std::string* comment);
  std::string take_keyword();
  std::optional<std::string> take_quoted();
  // A token or quoted-string, or an address of these parts.
  std::optional<std::string> take_value();
  bool read_authserv_id(AuthenticationResults& out);
  // False when it is malformed.
  bool read_result(AuthenticationResults& out);
  bool read_method(AuthenticationResult& out);
  bool read_property(AuthenticationResult& out);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace posthaste
