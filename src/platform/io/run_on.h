#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace posthaste {

// Runs `work` on another loop; resumes on the caller's with what it returned. The work runs even
// when the caller is cancelled meanwhile, so it owns what it uses.
template <class T>
boost::asio::awaitable<T> run_on(boost::asio::any_io_executor there, std::function<T()> work) {
  const boost::asio::any_io_executor here = co_await boost::asio::this_coro::executor;
  auto initiate = [here, there](auto handler, std::function<T()> job) {
    auto shared = std::make_shared<std::decay_t<decltype(handler)>>(std::move(handler));
    boost::asio::post(there, [here, shared, job = std::move(job)] {
      auto result = std::make_shared<T>(job());
      boost::asio::post(here, [shared, result] { std::move (*shared)(std::move(*result)); });
    });
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(T)>(
      initiate, boost::asio::use_awaitable, std::move(work));
}

// The same for a thread that is no loop's: blocks until the work is done.
inline void run_and_wait(boost::asio::any_io_executor there, const std::function<void()>& work) {
  std::promise<void> done;
  boost::asio::post(there, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace posthaste
