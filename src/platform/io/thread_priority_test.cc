#include "platform/io/thread_priority.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>

#include "platform/io/blocking_pool.h"
#include "platform/io/loop_pool.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

int niceness() {
  return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
}

// Nineteen is the nicest there is.
int background() {
  return std::min(19, niceness() + 15);
}

int niceness_of(Loop& loop) {
  int found = 0;
  std::promise<void> done;
  boost::asio::post(loop.executor(), [&] {
    found = niceness();
    done.set_value();
  });
  done.get_future().wait();
  return found;
}

boost::asio::awaitable<void> ask(BlockingPool& pool, int& found) {
  const std::function<int()> work = niceness;
  found = co_await pool.run<int>(work);
}

int niceness_in(BlockingPool& pool) {
  boost::asio::io_context context;
  TaskGroup tasks(context.get_executor());
  int found = 0;
  tasks.spawn(ask(pool, found));
  context.run();
  return found;
}

TEST(ThreadPriority, OfALoopIsItsOwnAlone) {
  const int own = niceness();
  LoopPool normal(1);
  LoopPool nice(2, "nice", ThreadPriority::background);
  EXPECT_EQ(niceness_of(normal.loop(0)), own);
  EXPECT_EQ(niceness_of(nice.loop(0)), background());
  EXPECT_EQ(niceness_of(nice.loop(1)), background());
  EXPECT_EQ(niceness(), own);
}

TEST(ThreadPriority, OfAPoolHoldsForAllItsWork) {
  const int own = niceness();
  BlockingPool normal(1);
  BlockingPool nice(1, ThreadPriority::background);
  EXPECT_EQ(niceness_in(normal), own);
  EXPECT_EQ(niceness_in(nice), background());
  EXPECT_EQ(niceness_in(nice), background());
  EXPECT_EQ(niceness(), own);
}

}  // namespace
}  // namespace posthaste
