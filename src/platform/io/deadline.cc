#include "platform/io/deadline.h"

#include <memory>
#include <optional>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

// Shared with the watching coroutine, which may still be asleep when the Deadline has gone.
struct Deadline::State {
  State(Clock& clock_in, std::function<void()> on_expiry_in)
      : clock(clock_in), on_expiry(std::move(on_expiry_in)) {}

  Clock& clock;
  std::function<void()> on_expiry;
  Clock::time_point due = Clock::time_point::max();
  std::string_view what;
  Clock::time_point asleep_until = Clock::time_point::max();  // max: nobody watches
  std::optional<TaskGroup::Task> watcher;                     // while somebody watches
  bool is_expired = false;
  bool is_gone = false;
};

Deadline::Deadline(TaskGroup& group, Clock& clock, std::function<void()> on_expiry)
    : group_(group), state_(std::make_shared<State>(clock, std::move(on_expiry))) {}

Deadline::~Deadline() {
  state_->is_gone = true;
  state_->on_expiry = nullptr;
  if (state_->watcher) state_->watcher->cancel();
}

void Deadline::set(Clock::duration from_now, std::string_view what) {
  state_->due = state_->clock.now() + from_now;
  state_->what = what;
  if (state_->due >= state_->asleep_until) return;
  // The sleeper for a later time sees, when it wakes, that another has taken over.
  if (state_->watcher) state_->watcher->cancel();
  state_->asleep_until = state_->due;
  const TaskGroup::Task watcher = group_.spawn(watch(state_));
  // A deadline that has passed already is seen before spawn() returns, and its watcher is gone.
  if (state_->asleep_until != Clock::time_point::max()) state_->watcher = watcher;
}

void Deadline::clear() {
  state_->due = Clock::time_point::max();
}

bool Deadline::expired() const {
  return state_->is_expired;
}

std::string_view Deadline::expired_wait() const {
  return state_->is_expired ? state_->what : std::string_view();
}

asio::awaitable<void> Deadline::watch(std::shared_ptr<State> state) {
  auto wake = state->asleep_until;
  while (true) {
    co_await state->clock.sleep_until(wake);
    if (state->asleep_until != wake) co_return;  // another watcher has taken over
    const auto now = state->clock.now();
    const bool is_over = state->is_gone || state->due == Clock::time_point::max() || now < wake;
    if (is_over || state->due <= now) {
      state->asleep_until = Clock::time_point::max();
      state->watcher.reset();
    }
    if (is_over) co_return;
    if (state->due <= now) {
      state->is_expired = true;
      state->on_expiry();
      co_return;
    }
    wake = state->asleep_until = state->due;
  }
}

}  // namespace posthaste
