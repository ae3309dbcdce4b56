#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "accept/reception_budget.h"

namespace posthaste {

// Why the content of a message cannot be taken. The first fault counts.
enum class DataFault : std::uint8_t {
  none,
  bare_cr,
  bare_lf,
  nul,
  line_too_long,
  message_too_large,
  no_memory,  // the reception budget is spent
};

// Takes the content of one message as it comes: after DATA with dots unstuffed up to CRLF.CRLF, or
// in BDAT chunks as it stands. Only CRLF ends a line: a bare CR or LF is a fault, and never ends
// the message. From the first fault on the content is read to its end, checked no more, and not
// kept.
//
//   line start ──"."──▶ dot ──CR──▶ dot CR ──LF──▶ end             feed_data()
//       │  ▲             └─other─▶ in line
//       ▼  │ LF
//    in line ──CR──▶ CR                                            read_line()
class DataReader {
 public:
  struct Limits {
    std::uint64_t message_size = 0;
    std::size_t line_length = 0;  // without its CRLF
  };

  explicit DataReader(ReceptionBudget& budget) : lease_(budget) {}

  // Begins a message; `expected` is what the client declared, 0 if nothing.
  void begin(Limits limits, std::uint64_t expected);

  // After DATA. Returns how many octets belong to the message; is_complete() tells when CRLF.CRLF
  // has come.
  std::size_t feed_data(std::string_view octets);
  bool is_complete() const { return state_ == State::end; }

  // RFC 3030 §2: octets of a BDAT chunk, all of which belong to the message.
  void feed_chunk(std::string_view octets);
  // After the last chunk: a message ends with CRLF, whether or not its client wrote one.
  void end_chunks();

  DataFault fault() const { return fault_; }
  std::uint64_t size() const { return size_; }
  bool has_eight_bit() const { return has_eight_bit_; }

  // The content, when complete and without fault; memory stays counted until release().
  std::string take_content();
  // Forgets the message and gives its memory back.
  void release();

 private:
  enum class State : std::uint8_t { line_start, dot, dot_cr, in_line, cr, end };

  const char* read_line(const char* at, const char* end);
  void keep(std::string_view run);
  void fail(DataFault fault);

  BudgetLease lease_;
  Limits limits_;
  std::string content_;
  std::uint64_t size_ = 0;       // of the content so far, kept or not
  std::size_t line_length_ = 0;  // of the line that is being read
  bool has_eight_bit_ = false;
  State state_ = State::line_start;
  DataFault fault_ = DataFault::none;
};

}  // namespace posthaste
