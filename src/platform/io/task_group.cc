#include "platform/io/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(std::move(executor)), emptied_(executor_, asio::steady_timer::time_point::max()) {}

TaskGroup::~TaskGroup() {
  if (!empty()) {
    std::fputs("posthaste: a task group was destroyed while its tasks run\n", stderr);
    std::abort();
  }
}

asio::awaitable<void> TaskGroup::run(asio::awaitable<void> task) {
  try {
    co_await std::move(task);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) throw;
  }
}

TaskGroup::Task TaskGroup::spawn(asio::awaitable<void> task) {
  const auto self = tasks_.emplace(tasks_.end());
  auto on_end = [this, self](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
    tasks_.erase(self);
    if (tasks_.empty()) emptied_.cancel();
  };
  asio::co_spawn(executor_, run(std::move(task)),
                 asio::bind_cancellation_slot(self->slot(), std::move(on_end)));
  return Task(*self);
}

void TaskGroup::cancel() {
  // emit() runs in this call only what the cancelled operation does at once; completions, and so
  // the end of a task, are posted. The list stays as it is while we walk it, but for new tasks,
  // which are appended.
  for (auto& task : tasks_) task.emit(asio::cancellation_type::all);
}

asio::awaitable<void> TaskGroup::join() {
  // The waiter must see the tasks end even when it is itself being cancelled.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (!tasks_.empty()) {
    co_await emptied_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_await asio::this_coro::reset_cancellation_state();
}

}  // namespace posthaste
