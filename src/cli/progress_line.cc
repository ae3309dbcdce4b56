#include "cli/progress_line.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/printable.h"
#include "cli/screen_text.h"

namespace posthaste {
namespace {

// As many as any terminal has; a line that wraps cannot be written over.
constexpr std::size_t kColumns = 79;

}  // namespace

ProgressLine::ProgressLine(std::string verb, std::FILE* to, bool is_terminal)
    : verb_(std::move(verb)), to_(to), is_terminal_(is_terminal) {}

void ProgressLine::show(std::string_view what) {
  what_ = printable(what);
  if (is_terminal_ || is_begun_) write();
}

void ProgressLine::write() {
  const std::string text = fmt::format("posthaste {}: {}", verb_, what_);
  if (is_terminal_) {
    fmt::print(to_, "\r{}", pad_right(text, kColumns));
  } else {
    fmt::print(to_, "{}\n", text);
  }
  has_line_ = is_terminal_;
  std::fflush(to_);
}

void ProgressLine::clear() {
  if (!std::exchange(has_line_, false)) return;
  fmt::print(to_, "\r{}\r", std::string(kColumns, ' '));
  std::fflush(to_);
}

boost::asio::awaitable<void> ProgressLine::begin_after_a_second(Clock& clock) {
  const Clock::time_point start = clock.now() + std::chrono::seconds(1);
  co_await clock.sleep_until(start);
  if (clock.now() < start) co_return;
  is_begun_ = true;
  if (!is_terminal_ && !what_.empty()) write();
}

}  // namespace posthaste
