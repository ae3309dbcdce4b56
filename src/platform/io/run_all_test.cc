#include "platform/io/run_all.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/clock.h"
#include "base/units.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> wait_and_count(Clock& clock, Duration time, int& ended) {
  co_await clock.sleep_until(clock.now() + time);
  ++ended;
}

asio::awaitable<void> run_three(Clock& clock, int& ended, bool& is_done) {
  std::vector<asio::awaitable<void>> tasks;
  for (const Duration time : {Duration(1min), Duration(0), Duration(2min)}) {
    tasks.push_back(wait_and_count(clock, time, ended));
  }
  co_await run_all(std::move(tasks));
  is_done = true;
}

asio::awaitable<void> run_none(bool& is_done) {
  co_await run_all({});
  is_done = true;
}

TEST(RunAll, EndsWithTheLastOne) {
  ManualClock clock;
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  int ended = 0;
  bool is_done = false;
  group.spawn(run_three(clock, ended, is_done));
  for (const int expected : {1, 2, 3}) {
    loop.restart();
    loop.poll();
    EXPECT_EQ(ended, expected);
    EXPECT_EQ(is_done, expected == 3);
    clock.advance(1min);
  }
  EXPECT_TRUE(group.empty());
}

TEST(RunAll, EndsAtOnceWhereThereIsNothingToRun) {
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  bool is_done = false;
  group.spawn(run_none(is_done));
  loop.run();
  EXPECT_TRUE(is_done);
}

TEST(RunAll, CancelsAllWithItsCaller) {
  ManualClock clock;
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  int ended = 0;
  bool is_done = false;
  group.spawn(run_three(clock, ended, is_done));
  loop.poll();
  asio::post(loop, [&group] { group.cancel(); });
  loop.restart();
  loop.poll();
  EXPECT_TRUE(group.empty());
  EXPECT_FALSE(is_done);
  EXPECT_EQ(clock.next_wakeup(), Clock::time_point::max());
}

}  // namespace
}  // namespace posthaste
