#include "report/outbox_trim.h"

#include <algorithm>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr auto kRetention = std::chrono::hours(7 * 24);
// A message lives no longer than this in the queue, so its first events are never older.
constexpr auto kLongestLife = std::chrono::hours(14 * 24);
constexpr auto kRound = std::chrono::hours(1);

}  // namespace

OutboxTrim::OutboxTrim(Spool& spool, Clock& clock, TaskGroup& tasks,
                       std::function<std::uint64_t()> position)
    : spool_(spool), clock_(clock), tasks_(tasks), position_(std::move(position)) {}

void OutboxTrim::start() {
  tasks_.spawn(run());
}

void OutboxTrim::trim() {
  const WallTime before = clock_.wall() - kRetention;
  const auto is_old = [&](std::uint64_t sequence) {
    const auto told = spool_.told(sequence, 1);
    if (!told || told->empty()) return false;
    const auto event = Event::decode(told->front().record);
    return !event || event->time < before;
  };
  // Events are in the order of their commits, and so nearly of their times: the first young one
  // is found by halving.
  const auto first = spool_.told(0, 1);
  if (!first || first->empty()) return;
  std::uint64_t old_end = first->front().sequence;
  std::uint64_t young = std::min(position_(), spool_.last_told()) + 1;
  while (old_end < young) {
    const std::uint64_t middle = old_end + (young - old_end) / 2;
    if (is_old(middle)) {
      old_end = middle + 1;
    } else {
      young = middle;
    }
  }
  if (old_end > first->front().sequence) spool_.forget_told(old_end, clock_.wall() - kLongestLife);
}

asio::awaitable<void> OutboxTrim::run() {
  while (true) {
    trim();
    co_await clock_.sleep_until(clock_.now() + kRound);
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
  }
}

}  // namespace posthaste
