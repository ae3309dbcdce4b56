#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace posthaste {

// Keeps the header of a message that passes by, and no more than its first 64 KiB: what comes
// behind the blank line, or beyond that, is not held.
class HeaderCapture {
 public:
  static constexpr std::size_t kMaxOctets = 64 * 1024;

  // After DATA the content comes with its dots stuffed (RFC 5321 §4.5.2), in chunks as it stands.
  enum class Form : std::uint8_t { stuffed, plain };
  explicit HeaderCapture(Form form = Form::stuffed) : form_(form) {}

  void add(std::string_view octets);
  // The header, or what there is of it, without stuffing; forgets it.
  std::string take();

 private:
  Form form_;
  bool is_over_ = false;
  std::string octets_;
};

}  // namespace posthaste
