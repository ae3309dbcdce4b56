#include "cli/progress_line.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "platform/io/task_group.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

class ProgressLineTest : public testing::Test {
 protected:
  ~ProgressLineTest() override { std::fclose(file_); }

  std::string written() const {
    std::fflush(file_);
    std::string text(static_cast<std::size_t>(std::ftell(file_)), '\0');
    std::rewind(file_);
    const std::size_t size = std::fread(text.data(), 1, text.size(), file_);
    EXPECT_EQ(size, text.size());
    return text;
  }

  std::FILE* file_ = std::tmpfile();
};

TEST_F(ProgressLineTest, WritesOverItsLineOnATerminalAndTakesItAway) {
  {
    ProgressLine progress("doctor", file_, true);
    progress.show("1 of 2: a.test: DKIM");
    progress.show("2 of 2: \x1b[2J" + std::string(100, 'x'));
  }
  const std::string first = "posthaste doctor: 1 of 2: a.test: DKIM";
  const std::string second = "posthaste doctor: 2 of 2: ?[2J";
  EXPECT_EQ(written(), "\r" + first + std::string(79 - first.size(), ' ') + "\r" + second +
                           std::string(78 - second.size(), 'x') + "…\r" + std::string(79, ' ') +
                           "\r");
}

TEST_F(ProgressLineTest, WritesLinesElsewhereOnceASecondHasPassed) {
  ManualClock clock;
  boost::asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  ProgressLine progress("doctor", file_, false);
  tasks.spawn(progress.begin_after_a_second(clock));
  progress.show("one");
  progress.show("two");
  loop.poll();
  clock.advance(1s);
  loop.poll();
  progress.show("three");
  EXPECT_EQ(written(), "posthaste doctor: two\nposthaste doctor: three\n");
}

TEST_F(ProgressLineTest, SaysNothingElsewhereWhenItIsSoonOver) {
  ManualClock clock;
  boost::asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  {
    ProgressLine progress("doctor", file_, false);
    tasks.spawn(progress.begin_after_a_second(clock));
    loop.poll();
    progress.show("one");
    tasks.cancel();
    loop.poll();
  }
  EXPECT_TRUE(tasks.empty());
  EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace posthaste
