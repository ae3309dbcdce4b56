#include "report/outbox_follower.h"

#include <chrono>
#include <utility>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatch = 1000;
// How late an event may be told. Looking is one load of an atomic.
constexpr auto kLook = 20ms;
constexpr auto kRetry = 1s;

}  // namespace

OutboxFollower::OutboxFollower(Spool& spool, Clock& clock, TaskGroup& tasks, Handle handle)
    : spool_(spool), clock_(clock), tasks_(tasks), handle_(std::move(handle)) {}

void OutboxFollower::start(std::uint64_t sequence) {
  position_ = sequence;
  tasks_.spawn(follow());
}

bool OutboxFollower::hand_over() {
  while (spool_.last_told() > position()) {
    const auto batch = spool_.told(position() + 1, kBatch);
    if (!batch) return false;
    if (batch->empty()) return true;
    if (!handle_(*batch)) return false;
    position_ = batch->back().sequence;
  }
  return true;
}

void OutboxFollower::catch_up() {
  hand_over();
}

boost::asio::awaitable<void> OutboxFollower::follow() {
  while (true) {
    const bool is_well = hand_over();
    co_await clock_.sleep_until(clock_.now() + (is_well ? Clock::duration(kLook) : kRetry));
  }
}

}  // namespace posthaste
