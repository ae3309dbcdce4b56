#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace posthaste {

// One header field as it stands in a message; the views point into the message.
struct HeaderField {
  std::string_view name;   // "Subject", as written
  std::string_view value;  // behind the colon, folded as it is, without the last line end
  std::size_t begin = 0;   // offset of the name
  std::size_t end = 0;     // offset behind the field's last line end
};

// The header of a message, found without changing or copying anything. The message must outlive
// it. Lines end in CRLF or LF.
class MessageView {
 public:
  explicit MessageView(std::string_view message);

  const std::vector<HeaderField>& fields() const { return fields_; }
  // The first field of this name, any case.
  const HeaderField* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  // Offset of the first octet of the body; the message's size when it has none.
  std::size_t body_begin() const { return body_begin_; }
  std::string_view header() const { return message_.substr(0, header_end_); }
  std::string_view body() const { return message_.substr(body_begin_); }

  // True when a line before the blank one is neither a field nor a continuation; such a line ends
  // the header, and is the body's first.
  bool is_malformed() const { return is_malformed_; }

 private:
  std::string_view message_;
  std::vector<HeaderField> fields_;
  std::size_t header_end_ = 0;
  std::size_t body_begin_ = 0;
  bool is_malformed_ = false;
};

// RFC 5322 §2.2.3: the value on one line, without white space around it.
std::string unfold(std::string_view value);
// RFC 2047: unfolded, encoded words decoded to UTF-8; left as they are where the charset is not
// known. At most `max` octets, cut between characters.
std::string decode_text(std::string_view value, std::size_t max);

// The addresses of a From, To, Cc or Bcc field (RFC 5322 §3.4), without names, comments and groups.
// What cannot be read is left out.
std::vector<std::string> addresses_of(std::string_view value);

// RFC 5322 §3.3: "Thu, 01 Jan 2026 00:00:00 +0000".
std::string format_date(WallTime time);

bool has_eight_bit(std::string_view octets);
// The longest line, without its line end.
std::size_t longest_line(std::string_view octets);

}  // namespace posthaste
