#include "platform/io/alarm.h"

#include <optional>
#include <utility>

namespace posthaste {

// Shared with the watching coroutine, which may still be asleep when the Alarm has gone.
struct Alarm::State {
  State(Clock& clock_in, std::function<void()> on_time_in)
      : clock(clock_in), on_time(std::move(on_time_in)) {}

  Clock& clock;
  std::function<void()> on_time;
  std::optional<Clock::time_point> due;
  std::optional<TaskGroup::Task> watcher;  // while somebody watches
};

Alarm::Alarm(TaskGroup& group, Clock& clock, std::function<void()> on_time)
    : group_(group), state_(std::make_shared<State>(clock, std::move(on_time))) {}

Alarm::~Alarm() {
  state_->due.reset();
  if (state_->watcher) state_->watcher->cancel();
}

void Alarm::set(Clock::time_point time) {
  if (state_->due && *state_->due <= time) return;
  // The sleeper for a later time sees, when it wakes, that another has taken over.
  if (state_->watcher) state_->watcher->cancel();
  state_->due = time;
  state_->watcher = group_.spawn(watch(state_, time));
}

boost::asio::awaitable<void> Alarm::watch(std::shared_ptr<State> state, Clock::time_point time) {
  co_await state->clock.sleep_until(time);
  if (state->due != time) co_return;
  state->due.reset();
  state->watcher.reset();
  if (state->clock.now() >= time) state->on_time();
}

}  // namespace posthaste
