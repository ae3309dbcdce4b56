#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "platform/io/thread_priority.h"

namespace posthaste {

// One event loop and its thread. Everything posted to executor() runs on that thread, in order.
class Loop {
 public:
  // `name` is the thread's, at most 15 characters.
  explicit Loop(std::string name, ThreadPriority priority = ThreadPriority::normal);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  boost::asio::io_context::executor_type executor() { return context_.get_executor(); }

  // Lets the loop end when no work is left, and waits for it. Safe to call twice.
  void join();

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

// The loops of a server, one a core. A connection stays on the loop it began on.
class LoopPool {
 public:
  // `count` 0 means one for each core. The threads are called `name`-0 and so on.
  explicit LoopPool(std::size_t count, const std::string& name = "loop",
                    ThreadPriority priority = ThreadPriority::normal);

  std::size_t size() const { return loops_.size(); }
  Loop& loop(std::size_t index) { return *loops_[index % loops_.size()]; }
  std::vector<boost::asio::any_io_executor> executors();
  void join();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace posthaste
