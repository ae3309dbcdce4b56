#include "cli/progress_line.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "cli/written_file.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

class ProgressLineTest : public testing::Test {
 protected:
  WrittenFile file_;
};

TEST_F(ProgressLineTest, WritesOverItsLineOnATerminalAndTakesItAway) {
  {
    ProgressLine progress("doctor", file_.get(), true);
    progress.show("1 of 2: a.test: DKIM");
    progress.show("2 of 2: \x1b[2J" + std::string(100, 'x'));
  }
  const std::string first = "posthaste doctor: 1 of 2: a.test: DKIM";
  const std::string second = "posthaste doctor: 2 of 2: ?[2J";
  EXPECT_EQ(file_.text(), "\r" + first + std::string(79 - first.size(), ' ') + "\r" + second +
                              std::string(78 - second.size(), 'x') + "…\r" + std::string(79, ' ') +
                              "\r");
}

TEST_F(ProgressLineTest, WritesLinesElsewhereOnceASecondHasPassed) {
  ManualClock clock;
  boost::asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  ProgressLine progress("doctor", file_.get(), false);
  tasks.spawn(progress.begin_after_a_second(clock));
  progress.show("one");
  progress.show("two");
  loop.poll();
  clock.advance(1s);
  loop.poll();
  progress.show("three");
  EXPECT_EQ(file_.text(), "posthaste doctor: two\nposthaste doctor: three\n");
}

TEST_F(ProgressLineTest, SaysNothingElsewhereWhenItIsSoonOver) {
  ManualClock clock;
  boost::asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  {
    ProgressLine progress("doctor", file_.get(), false);
    tasks.spawn(progress.begin_after_a_second(clock));
    loop.poll();
    progress.show("one");
    tasks.cancel();
    loop.poll();
  }
  EXPECT_TRUE(tasks.empty());
  EXPECT_EQ(file_.text(), "");
}

}  // namespace
}  // namespace posthaste
