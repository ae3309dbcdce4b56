#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace posthaste {

// Tells a person what a verb is about while it takes its time: on a terminal one line that is
// written over and is gone in the end; else a line each, once a second has passed. One loop.
//
//   ProgressLine progress("doctor", stderr, ::isatty(STDERR_FILENO) == 1);
//   tasks.spawn(progress.begin_after_a_second(clock));
//   progress.show("2 of 14: example.com: DMARC");
class ProgressLine {
 public:
  ProgressLine(std::string verb, std::FILE* to, bool is_terminal);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  void show(std::string_view what);
  // Takes the line away from a terminal.
  void clear();
  // From its end on lines are written that are for no terminal. Ends early when cancelled.
  boost::asio::awaitable<void> begin_after_a_second(Clock& clock);

 private:
  void write();

  const std::string verb_;
  std::FILE* const to_;
  const bool is_terminal_;
  bool is_begun_ = false;
  bool has_line_ = false;
  std::string what_;
};

}  // namespace posthaste
