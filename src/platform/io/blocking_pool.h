#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "platform/io/thread_priority.h"

namespace posthaste {

// A few threads for work that blocks: reads from disk, password hashes.
//
//   auto body = co_await pool.run<Result<SharedBody>>(load);   // `load` is a named callable
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads, ThreadPriority priority = ThreadPriority::normal)
      : priority_(priority), pool_(threads) {}

  // Runs `work` on the pool; resumes on the caller's executor with what it returned. The work
  // runs to its end even when the caller is cancelled, so it owns what it uses.
  template <class T>
  boost::asio::awaitable<T> run(std::function<T()> work) {
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    auto initiate = [this, executor](auto handler, std::function<T()> job) {
      auto shared = std::make_shared<std::decay_t<decltype(handler)>>(std::move(handler));
      submit([executor, shared, job = std::move(job)] {
        auto result = std::make_shared<T>(job());
        boost::asio::post(executor, [shared, result] { std::move (*shared)(std::move(*result)); });
      });
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(T)>(
        initiate, boost::asio::use_awaitable, std::move(work));
  }

  // Runs `work` on the pool; nobody waits for it.
  void submit(std::function<void()> work) {
    boost::asio::post(pool_, [priority = priority_, work = std::move(work)] {
      take_priority(priority);
      work();
    });
  }

  // Finishes what was submitted, then stops.
  void join() { pool_.join(); }

 private:
  // Of a thread of the pool, once: the pool makes its threads itself.
  static void take_priority(ThreadPriority priority) {
    thread_local const bool is_set = (set_priority(priority), true);
    static_cast<void>(is_set);
  }

  const ThreadPriority priority_;
  boost::asio::thread_pool pool_;
};

}  // namespace posthaste
