#include "report/outbox_follower.h"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatch = 1000;
// How late an event may be told. Looking is one load of an atomic.
constexpr auto kLook = 20ms;
constexpr auto kRetry = 1s;
constexpr auto kCatchUp = 1s;

}  // namespace

OutboxFollower::OutboxFollower(Spool& spool, Clock& clock, TaskGroup& tasks, Handle handle)
    : spool_(spool), clock_(clock), tasks_(tasks), handle_(std::move(handle)) {}

void OutboxFollower::start(std::uint64_t sequence) {
  position_ = sequence;
  tasks_.spawn(follow());
}

OutboxFollower::Step OutboxFollower::hand_over() {
  if (spool_.last_told() <= position()) return Step::nothing_new;
  const auto batch = spool_.told(position() + 1, kBatch);
  if (!batch) return Step::stuck;
  if (batch->empty()) return Step::nothing_new;
  if (!handle_(*batch)) return Step::stuck;
  position_ = batch->back().sequence;
  return Step::taken;
}

void OutboxFollower::catch_up() {
  const auto latest = clock_.now() + kCatchUp;
  while (clock_.now() < latest && hand_over() == Step::taken) {
  }
}

asio::awaitable<void> OutboxFollower::follow() {
  while (true) {
    const Step step = hand_over();
    if (step == Step::taken) {
      co_await asio::post(tasks_.executor(), asio::use_awaitable);
    } else {
      const Clock::duration pause = step == Step::stuck ? Clock::duration(kRetry) : kLook;
      co_await clock_.sleep_until(clock_.now() + pause);
    }
    // Neither of the two says that the task was cancelled meanwhile.
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
  }
}

}  // namespace posthaste
