#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace posthaste {

// Finds the end of a message after DATA or in BDAT chunks, keeping no more of it than is asked
// for: its header, for the ids, and the whole only when somebody wants it.
class DataScanner {
 public:
  enum class Keep : std::uint8_t { header, whole };

  // Begins a message.
  void start(Keep keep, std::uint64_t max_size);

  // Takes octets of a DATA transfer off `input`; true when the message has ended. May leave up to
  // three octets: they may be the end's beginning.
  bool take_lines(std::string_view& input);
  // Takes octets that are the message as they stand (BDAT).
  void take_raw(std::string_view octets);

  // Octets of the message, dots unstuffed.
  std::uint64_t size() const { return size_; }
  bool is_too_large() const { return size_ > max_size_; }
  // The header, at most 64 KiB of it, or the whole.
  const std::string& content() const { return content_; }

  // Lines that no client may send (RFC 5321 §2.3.8, §4.5.3.1.6); BDAT is not looked into.
  std::uint32_t bare_line_ends() const { return bare_line_ends_; }
  std::uint32_t long_lines() const { return long_lines_; }

 private:
  void take_content(std::string_view octets);

  Keep keep_ = Keep::header;
  std::uint64_t max_size_ = 0;
  std::uint64_t size_ = 0;
  std::string content_;
  bool has_header_ = false;      // whole: nothing more is kept
  std::size_t line_length_ = 0;  // octets of the line that came in earlier pieces
  bool ended_with_cr_ = false;   // so did the earlier piece
  bool is_after_crlf_ = true;    // the line before ended as it should
  std::uint32_t bare_line_ends_ = 0;
  std::uint32_t long_lines_ = 0;
};

// The id that a message is known by: its X-Blast-Id, else its Message-ID; "" if it has neither.
// `header` is a header, with or without the body behind it.
std::string_view find_message_id(std::string_view header);

}  // namespace posthaste
