#include "platform/io/run_all.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <utility>

#include "platform/io/task_group.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

using Done = asio::experimental::channel<void(boost::system::error_code)>;

asio::awaitable<void> run_one(asio::awaitable<void> task, Done& done) {
  co_await std::move(task);
  done.try_send(boost::system::error_code());
}

}  // namespace

asio::awaitable<void> run_all(std::vector<asio::awaitable<void>> tasks) {
  const std::size_t count = tasks.size();
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Done done(executor, count);
  TaskGroup group(executor);
  for (asio::awaitable<void>& task : tasks) group.spawn(run_one(std::move(task), done));

  // The tasks use what stands here: also a cancelled caller stays until they have ended.
  co_await asio::this_coro::throw_if_cancelled(false);
  bool is_cancelled = false;
  for (std::size_t i = 0; i < count && !is_cancelled; ++i) {
    const auto [ec] = co_await done.async_receive(asio::as_tuple(asio::use_awaitable));
    is_cancelled = ec.failed();
  }
  if (is_cancelled) {
    group.cancel();
    co_await group.join();
  }
  // Each task has sent its last word and ends by itself. join() would do, but it forgets a
  // cancellation that comes while it waits.
  while (!group.empty()) co_await asio::post(executor, asio::as_tuple(asio::use_awaitable));
  co_await asio::this_coro::throw_if_cancelled(true);
  if (is_cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace posthaste
