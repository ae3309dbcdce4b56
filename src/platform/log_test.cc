#include "platform/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

namespace posthaste {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class LogTest : public testing::Test {
 protected:
  std::string taken() {
    std::string text = out_.str();
    out_.str("");
    return text;
  }

  ManualClock clock_;
  std::ostringstream out_;
  Log log_ = Log::to_stream(out_, clock_, LogLevel::info);
};

TEST_F(LogTest, WritesTimeLevelComponentTextAndFields) {
  log_.child("accept").warning("too many connections",
                               {{"peer", "192.0.2.1"}, {"limit", 100}, {"wait", 1500ms}});
  EXPECT_EQ(taken(),
            "2026-01-01T00:00:00.000000Z warning accept: too many connections peer=192.0.2.1 "
            "limit=100 wait=1500ms\n");
  log_.info("ready");
  EXPECT_EQ(taken(), "2026-01-01T00:00:00.000000Z info ready\n");
}

TEST_F(LogTest, QuotesWhatCouldBreakTheLine) {
  log_.info("x", {{"a", "b c"}, {"d", "e\nf\x01=\"\\"}, {"g", ""}, {"h", true}, {"i", 0.5}});
  EXPECT_EQ(taken(),
            "2026-01-01T00:00:00.000000Z info x a=\"b c\" d=\"e\\nf\\x01=\\\"\\\\\" g=\"\" h=true "
            "i=0.5\n");
}

TEST_F(LogTest, KeepsBracesOfPeersAsTheyAre) {
  log_.info("x", {{"a", "{}%s{0}"}});
  EXPECT_EQ(taken(), "2026-01-01T00:00:00.000000Z info x a={}%s{0}\n");
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  log_.debug("x");
  EXPECT_EQ(taken(), "");
  const Log child = log_.child("c");
  log_.set_level(LogLevel::debug);
  EXPECT_TRUE(child.is_enabled(LogLevel::debug));
  child.debug("x");
  EXPECT_EQ(taken(), "2026-01-01T00:00:00.000000Z debug c: x\n");
  log_.set_level(LogLevel::error);
  child.warning("y");
  EXPECT_EQ(taken(), "");
}

TEST_F(LogTest, CountsWhatRepeatsTooOften) {
  for (int i = 0; i < 1000; ++i) log_.error("disk full", {{"i", i}});
  log_.error("another");
  const std::string text = taken();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6);
  EXPECT_THAT(text, testing::HasSubstr("disk full i=4\n"));
  EXPECT_THAT(text, testing::HasSubstr("another\n"));

  clock_.advance(11s);
  log_.info("quiet");
  EXPECT_EQ(taken(),
            "2026-01-01T00:00:11.000000Z error disk full repeated=995\n"
            "2026-01-01T00:00:11.000000Z info quiet\n");
  log_.error("disk full", {{"i", 7}});
  EXPECT_EQ(taken(), "2026-01-01T00:00:11.000000Z error disk full i=7\n");
}

TEST_F(LogTest, IsUsedFromManyThreads) {
  SystemClock clock;
  std::ostringstream out;
  const Log log = Log::to_stream(out, clock, LogLevel::info);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([log, i] {
      for (int j = 0; j < 200; ++j) log.child(std::to_string(i)).info("x", {{"j", j}});
    });
  }
  threads.clear();
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20);
}

}  // namespace
}  // namespace posthaste
