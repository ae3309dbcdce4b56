#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// The status code of RFC 3463: class "." subject "." detail.
struct EnhancedStatus {
  std::uint16_t klass = 0;  // 2, 4 or 5
  std::uint16_t subject = 0;
  std::uint16_t detail = 0;

  // "5.1.1" at the start of `text`, and nothing but white space or the end behind it.
  static std::optional<EnhancedStatus> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const EnhancedStatus&) const = default;
};

// An SMTP reply (RFC 5321 §4.2), whole.
struct Reply {
  std::uint32_t code = 0;
  std::optional<EnhancedStatus> enhanced;  // RFC 2034
  std::vector<std::string> lines;          // text only: without code and status

  bool is_positive() const { return code >= 200 && code < 400; }
  bool is_transient() const { return code >= 400 && code < 500; }
  bool is_permanent() const { return code >= 500 && code < 600; }

  // All lines in one, with code and status: "550 5.1.1 no such user".
  std::string text() const;
};

// Reads replies from what a server sends, in pieces of any size. Tolerates a bare LF as line end;
// holds at most kMaxLines lines of kMaxLine octets.
class ReplyParser {
 public:
  static constexpr std::size_t kMaxLine = 4096;
  static constexpr std::size_t kMaxLines = 128;

  // Takes octets off `input` until a reply is whole. Nothing: more is needed. An error: this is no
  // SMTP, and the connection is of no further use.
  Result<std::optional<Reply>> parse(std::string_view& input);

 private:
  Result<bool> take_line(std::string_view line);

  std::string partial_;  // a line that has not ended yet
  Reply reply_;
  bool has_lines_ = false;
};

}  // namespace posthaste
