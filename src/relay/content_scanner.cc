#include "relay/content_scanner.h"

#include <cstring>

namespace posthaste {

void ContentScanner::fail(DataFault fault, std::size_t at) {
  if (fault_ != DataFault::none) return;
  fault_ = fault;
  fault_at_ = at;
}

// Within a line: to the octet behind the next CR or LF, or to the end of what is there.
std::size_t ContentScanner::read_on(std::string_view octets, std::size_t at) {
  const char* const begin = octets.data() + at;
  const std::size_t count = octets.size() - at;
  const auto* lf = static_cast<const char*>(std::memchr(begin, '\n', count));
  const std::size_t line = lf != nullptr ? static_cast<std::size_t>(lf - begin) : count;
  const auto* cr = static_cast<const char*>(std::memchr(begin, '\r', line));
  if (cr != nullptr) {
    state_ = State::cr;
    return at + static_cast<std::size_t>(cr - begin) + 1;
  }
  if (lf == nullptr) return octets.size();
  // RFC 5321 §2.3.8: a line ends in CRLF and in nothing else, so this one goes on.
  fail(DataFault::bare_lf, at + line);
  return at + line + 1;
}

// One transition; returns where the next one begins.
std::size_t ContentScanner::step(std::string_view octets, std::size_t at) {
  const char octet = octets[at];
  switch (state_) {
    case State::line_start:
      state_ = octet == '.' ? State::dot : State::in_line;
      if (octet != '.') return at;
      ++dots_;  // RFC 5321 §4.5.2: never part of the content
      return at + 1;
    case State::dot:
      state_ = octet == '\r' ? State::dot_cr : State::in_line;
      return octet == '\r' ? at + 1 : at;
    case State::dot_cr:
    case State::cr:
      if (octet == '\n') {
        state_ = state_ == State::cr ? State::line_start : State::end;
        return at + 1;
      }
      fail(DataFault::bare_cr, at > 0 ? at - 1 : 0);
      state_ = State::in_line;
      return at;
    default:
      return read_on(octets, at);
  }
}

std::size_t ContentScanner::feed(std::string_view octets, std::string& passed) {
  if (octets.empty()) return 0;
  const bool was_sound = fault_ == DataFault::none;
  const bool is_cr_confirmed = holds_cr_ && octets.front() == '\n';
  holds_cr_ = false;
  std::size_t at = 0;
  while (at < octets.size() && state_ != State::end) at = step(octets, at);
  taken_ += at;
  if (!was_sound) return at;
  if (is_cr_confirmed) passed += '\r';
  std::size_t sound = at;
  if (fault_ != DataFault::none) {
    sound = fault_at_;
  } else if (state_ == State::cr || state_ == State::dot_cr) {
    holds_cr_ = true;
    --sound;
  }
  passed.append(octets.substr(0, sound));
  return at;
}

}  // namespace posthaste
