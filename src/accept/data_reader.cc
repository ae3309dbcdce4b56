#include "accept/data_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mail/message.h"

namespace posthaste {
namespace {

// Room for what a client declares is reserved at once, but no more than this on its word alone.
constexpr std::uint64_t kMaxReservation = 1024 * 1024;

}  // namespace

void DataReader::begin(Limits limits, std::uint64_t expected) {
  release();
  limits_ = limits;
  if (expected > 0 && expected <= limits.message_size) {
    const auto room = std::min(expected, kMaxReservation);
    if (lease_.cover(room)) content_.reserve(room);
  }
}

void DataReader::fail(DataFault fault) {
  if (fault_ != DataFault::none) return;
  fault_ = fault;
  content_ = std::string();
  lease_.release();
}

void DataReader::keep(std::string_view run) {
  if (run.empty()) return;
  size_ += run.size();
  if (fault_ != DataFault::none) return;
  if (size_ > limits_.message_size) return fail(DataFault::message_too_large);
  if (std::memchr(run.data(), '\0', run.size()) != nullptr) return fail(DataFault::nul);
  if (!lease_.cover(size_)) return fail(DataFault::no_memory);
  content_.append(run);
  has_eight_bit_ = has_eight_bit_ || posthaste::has_eight_bit(run);
}

// Reads on in a line, up to and with its LF or to the end of what is there.
const char* DataReader::read_line(const char* at, const char* end) {
  if (state_ == State::cr) {
    if (*at == '\n') {
      state_ = State::line_start;
      line_length_ = 0;
      return at + 1;
    }
    fail(DataFault::bare_cr);
    state_ = State::in_line;
  }
  const auto* lf = static_cast<const char*>(std::memchr(at, '\n', end - at));
  const char* stop = lf != nullptr ? lf : end;
  const bool ends_in_cr = stop > at && stop[-1] == '\r';
  const std::size_t text = stop - at - (ends_in_cr ? 1 : 0);
  if (std::memchr(at, '\r', text) != nullptr) fail(DataFault::bare_cr);
  line_length_ += text;
  if (line_length_ > limits_.line_length) fail(DataFault::line_too_long);
  if (lf == nullptr) {
    state_ = ends_in_cr ? State::cr : State::in_line;
    return end;
  }
  if (ends_in_cr) {
    state_ = State::line_start;
    line_length_ = 0;
  } else {
    // RFC 5321 §2.3.8: a line ends in CRLF and in nothing else, so this one goes on.
    fail(DataFault::bare_lf);
    state_ = State::in_line;
  }
  return lf + 1;
}

std::size_t DataReader::feed_data(std::string_view octets) {
  const char* at = octets.data();
  const char* const end = at + octets.size();
  const char* run = at;  // what is kept from here on has not been copied yet
  while (at < end && state_ != State::end) {
    switch (state_) {
      case State::line_start:
        if (*at == '.') {
          // RFC 5321 §4.5.2: the dot that begins a line is never part of the content.
          keep({run, static_cast<std::size_t>(at - run)});
          run = ++at;
          state_ = State::dot;
        } else {
          state_ = State::in_line;
        }
        break;
      case State::dot:
        if (*at == '\r') {
          ++at;
          state_ = State::dot_cr;
        } else {
          state_ = State::in_line;
        }
        break;
      case State::dot_cr:
        if (*at == '\n') {
          run = ++at;
          state_ = State::end;
        } else {
          state_ = State::cr;
        }
        break;
      default:
        at = read_line(at, end);
    }
  }
  // The CR of a line "." is held back: it is content only if no LF follows, a fault anyway.
  if (state_ != State::end && state_ != State::dot_cr) {
    keep({run, static_cast<std::size_t>(at - run)});
  }
  return at - octets.data();
}

void DataReader::feed_chunk(std::string_view octets) {
  const char* at = octets.data();
  const char* const end = at + octets.size();
  while (at < end) {
    if (state_ == State::line_start) state_ = State::in_line;
    at = read_line(at, end);
  }
  keep(octets);
}

void DataReader::end_chunks() {
  if (state_ == State::cr) fail(DataFault::bare_cr);
  if (state_ == State::in_line) keep("\r\n");
  state_ = State::end;
}

std::string DataReader::take_content() {
  return std::exchange(content_, std::string());
}

void DataReader::release() {
  content_ = std::string();
  lease_.release();
  size_ = 0;
  line_length_ = 0;
  has_eight_bit_ = false;
  state_ = State::line_start;
  fault_ = DataFault::none;
}

}  // namespace posthaste
