#include "platform/io/loop_pool.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace posthaste {

Loop::Loop(std::string name, ThreadPriority priority) : work_(context_.get_executor()) {
  thread_ = std::thread([this, name = std::move(name), priority] {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    set_priority(priority);
    context_.run();
  });
}

Loop::~Loop() {
  join();
}

void Loop::join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

LoopPool::LoopPool(std::size_t count, const std::string& name, ThreadPriority priority) {
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<Loop>(name + "-" + std::to_string(i), priority));
  }
}

std::vector<boost::asio::any_io_executor> LoopPool::executors() {
  std::vector<boost::asio::any_io_executor> executors;
  for (auto& loop : loops_) executors.emplace_back(loop->executor());
  return executors;
}

void LoopPool::join() {
  for (auto& loop : loops_) loop->join();
}

}  // namespace posthaste
