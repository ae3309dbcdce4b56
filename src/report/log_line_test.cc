#include "report/log_line.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

Event sample() {
  Event event;
  event.event_id = "18446744073709551615";
  event.time = WallTime(std::chrono::microseconds(1'769'903'999'000'001));
  event.type = EventType::bounce;
  event.message_id = "0190b6a3-0000-7000-8000-000000000000";
  event.subject = "a \"quote\"";
  return event;
}

TEST(LogLine, ReadsWhatAnEventWrites) {
  const Event event = sample();
  const auto line = LogLine::parse(event.to_json());
  ASSERT_TRUE(line);
  EXPECT_EQ(line->sequence, 18446744073709551615u);
  EXPECT_EQ(line->time, event.time);
  EXPECT_EQ(line->type, "bounce");
  EXPECT_EQ(line->message_id, event.message_id);
  EXPECT_TRUE(line->tells(event));
}

TEST(LogLine, ReadsEventsOfAnyTime) {
  Event event = sample();
  for (const std::int64_t micros : {0LL, 951'782'400'000'000LL, 4'107'542'399'999'999LL}) {
    event.time = WallTime(std::chrono::microseconds(micros));
    const auto line = LogLine::parse(event.to_json());
    ASSERT_TRUE(line) << micros;
    EXPECT_EQ(line->time, event.time);
  }
}

TEST(LogLine, KnowsAnEventFromAnotherOfTheSameNumber) {
  const Event event = sample();
  const auto line = LogLine::parse(event.to_json());
  ASSERT_TRUE(line);
  Event other = event;
  other.time += std::chrono::microseconds(1);
  EXPECT_FALSE(line->tells(other));
  other = event;
  other.type = EventType::delivery;
  EXPECT_FALSE(line->tells(other));
  other = event;
  other.message_id = "0190b6a3-0000-7000-8000-000000000001";
  EXPECT_FALSE(line->tells(other));
}

TEST(LogLine, ReadsAnEventOfNoMessage) {
  Event event = sample();
  event.message_id = "";
  const auto line = LogLine::parse(event.to_json());
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->tells(event));
}

TEST(LogLine, TellsOfNoEventWhenItHasNoNumberOrNoTime) {
  for (const std::string text : {
           "",
           "rotated by hand",
           "[]",
           "7",
           "{",
           "{}",
           R"({"event_id":"7"})",
           R"({"time":"2026-01-31T23:59:59.000001Z"})",
           R"({"event_id":7,"time":"2026-01-31T23:59:59.000001Z"})",
           R"({"event_id":"","time":"2026-01-31T23:59:59.000001Z"})",
           R"({"event_id":"7x","time":"2026-01-31T23:59:59.000001Z"})",
           R"({"event_id":"-7","time":"2026-01-31T23:59:59.000001Z"})",
           R"({"event_id":"18446744073709551616","time":"2026-01-31T23:59:59.000001Z"})",
           R"({"event_id":"7","time":"2026-01-31T23:59:59Z"})",
           R"({"event_id":"7","time":"2026-02-30T23:59:59.000001Z"})",
           R"({"event_id":"7","time":"2026-01-31 23:59:59.000001Z"})",
           R"({"event_id":"7","time":"2026-01-31T23:59:59.00000xZ"})",
       }) {
    EXPECT_FALSE(LogLine::parse(text)) << text;
  }
  EXPECT_FALSE(LogLine::parse(std::string(100, '\0')));
}

}  // namespace
}  // namespace posthaste
