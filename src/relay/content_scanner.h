#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "accept/data_reader.h"

namespace posthaste {

// Watches the content of a message pass by after DATA, up to CRLF.CRLF, and changes nothing of it.
// Only CRLF ends a line: from a bare CR or LF on nothing is passed any more, for the next server
// might take it for an end of line, and what follows it for an end of the message. The content is
// then read to its end all the same. A CR is held back until its LF is there.
//
//   line start ──"."──▶ dot ──CR──▶ dot CR ──LF──▶ end
//       │  ▲             └─other─▶ in line
//       ▼  │ LF
//    in line ──CR──▶ CR
//
// All transitions are made by feed().
class ContentScanner {
 public:
  // Takes octets to the end of the content or of `octets`, appends to `passed` what may go to the
  // next server, and returns how many it has taken.
  // Requires: !is_complete().
  std::size_t feed(std::string_view octets, std::string& passed);

  bool is_complete() const { return state_ == State::end; }
  // none, bare_cr or bare_lf.
  DataFault fault() const { return fault_; }
  // Octets of the content so far, without the dots that stuff it and those that end it.
  std::uint64_t size() const { return taken_ - dots_ - (is_complete() ? kEndOctets : 0); }

 private:
  enum class State : std::uint8_t { line_start, dot, dot_cr, in_line, cr, end };
  static constexpr std::uint64_t kEndOctets = 2;  // CRLF: the dot is counted among dots_

  std::size_t step(std::string_view octets, std::size_t at);
  std::size_t read_on(std::string_view octets, std::size_t at);
  void fail(DataFault fault, std::size_t at);

  State state_ = State::line_start;
  DataFault fault_ = DataFault::none;
  std::size_t fault_at_ = 0;  // within the octets that are being fed
  bool holds_cr_ = false;     // the last octet that was taken, not passed yet
  std::uint64_t taken_ = 0;
  std::uint64_t dots_ = 0;
};

}  // namespace posthaste
