#include "report/limit_history.h"

#include <gtest/gtest.h>

#include <chrono>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

Event event_at(std::chrono::seconds time, EventType type) {
  Event event;
  event.type = type;
  event.time = WallTime(time);
  return event;
}

Event attempt_at(std::chrono::seconds time, EventType type = EventType::transient_failure) {
  Event event = event_at(time, type);
  event.source = "a";
  event.provider = "google";
  event.site = "mx.google.test";
  return event;
}

Event change_at(std::chrono::seconds time, const std::string& source, const std::string& provider) {
  Event event = event_at(time, EventType::limit_changed);
  event.source = source;
  event.provider = provider;
  event.response = "rate 9/s";
  return event;
}

TEST(LimitHistory, FindsWhatBoreOnAMessage) {
  LimitHistory history;
  history.add(change_at(5s, "a", "google"));  // before it came
  history.add(change_at(12s, "a", "google"));
  history.add(change_at(13s, "b", "google"));  // another source
  history.add(change_at(14s, "a", "yahoo"));   // another provider
  history.add(change_at(15s, "", "google"));   // all sources
  history.add(change_at(30s, "a", "google"));  // after its end
  std::vector<Event> message = {event_at(10s, EventType::reception), attempt_at(11s),
                                attempt_at(20s, EventType::delivery)};
  const auto found = history.bearing_on(message);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].time, WallTime(12s));
  EXPECT_EQ(found[1].time, WallTime(15s));
  message.pop_back();
  EXPECT_EQ(history.bearing_on(message).size(), 3U) << "it still waits";
  message.pop_back();
  EXPECT_TRUE(history.bearing_on(message).empty()) << "it has not met any limit yet";
  EXPECT_TRUE(history.bearing_on({}).empty());
}

TEST(LimitHistory, TellsTheLatestOfAProviderFirst) {
  LimitHistory history;
  for (int i = 0; i < 5; ++i) history.add(change_at(std::chrono::seconds(i), "a", "google"));
  Event nobodys = change_at(9s, "a", "");
  nobodys.site = "mx.else.test";
  history.add(nobodys);
  const auto found = history.towards("google", "mx.google.test", 3);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].time, WallTime(4s));
  EXPECT_EQ(history.towards("", "mx.else.test", 3).size(), 1U);
  EXPECT_TRUE(history.towards("", "", 3).empty());
}

TEST(LimitHistory, ForgetsTheOldest) {
  LimitHistory history;
  for (std::size_t i = 0; i < LimitHistory::kMost + 3; ++i) {
    history.add(change_at(std::chrono::seconds(i), "a", "google"));
  }
  const auto all = history.towards("google", "", LimitHistory::kMost + 10);
  EXPECT_EQ(all.size(), LimitHistory::kMost);
  EXPECT_EQ(all.back().time, WallTime(3s));
}

TEST(LimitHistory, PutsChangesBetweenTheEventsOfAMessage) {
  const auto all = with_changes({attempt_at(1s), attempt_at(5s)}, {change_at(3s, "a", "google")});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].type, EventType::limit_changed);
}

}  // namespace
}  // namespace posthaste
