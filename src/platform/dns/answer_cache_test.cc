#include "platform/dns/answer_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

using namespace std::chrono_literals;

DnsResult found(std::chrono::seconds ttl, std::string text = "192.0.2.1") {
  return {.status = DnsStatus::found, .ttl = ttl, .records = {std::move(text)}};
}

TEST(AnswerCache, GivesAnAnswerUntilItsTtlIsOver) {
  AnswerCache cache(Bytes(100'000));
  const Clock::time_point start{1h};
  const DnsQuestion question{"a.test", RecordType::a};
  cache.store(question, found(60s), start);
  EXPECT_FALSE(cache.find({"a.test", RecordType::aaaa}, start));
  EXPECT_EQ(cache.find(question, start + 20s)->ttl, 40s);
  EXPECT_EQ(cache.find(question, start + 59500ms)->ttl, 1s);
  EXPECT_FALSE(cache.find(question, start + 60s));
  EXPECT_EQ(cache.size(), 0u);
}

TEST(AnswerCache, KeepsFailuresBrieflyAndNoForAtMostAnHour) {
  AnswerCache cache(Bytes(100'000));
  const Clock::time_point start{1h};
  const DnsQuestion question{"a.test", RecordType::a};
  cache.store(question, {.status = DnsStatus::servfail, .ttl = 1h}, start);
  EXPECT_TRUE(cache.find(question, start + 4s));
  EXPECT_FALSE(cache.find(question, start + 5s));
  cache.store(question, {.status = DnsStatus::nxdomain, .ttl = 5h}, start);
  EXPECT_TRUE(cache.find(question, start + 59min));
  EXPECT_FALSE(cache.find(question, start + 1h));
  cache.store(question, found(1000h), start);
  EXPECT_FALSE(cache.find(question, start + 24h));
}

TEST(AnswerCache, DoesNotKeepAnAnswerOfNoTtl) {
  AnswerCache cache(Bytes(100'000));
  cache.store({"a.test", RecordType::a}, found(60s), Clock::time_point{});
  cache.store({"a.test", RecordType::a}, found(0s), Clock::time_point{});
  EXPECT_EQ(cache.size(), 0u);
}

TEST(AnswerCache, DropsTheLeastRecentlyUsedWhenFull) {
  AnswerCache cache(Bytes(20'000));
  const Clock::time_point now{1h};
  const std::string text(4000, 'x');
  for (const char* name : {"a", "b", "c", "d"}) {
    cache.store({name, RecordType::txt}, found(60s, text), now);
  }
  EXPECT_EQ(cache.size(), 4u);
  EXPECT_TRUE(cache.find({"a", RecordType::txt}, now));
  cache.store({"e", RecordType::txt}, found(60s, text), now);
  EXPECT_TRUE(cache.find({"a", RecordType::txt}, now));
  EXPECT_FALSE(cache.find({"b", RecordType::txt}, now));
  cache.store({"huge", RecordType::txt}, found(60s, std::string(30'000, 'x')), now);
  EXPECT_FALSE(cache.find({"huge", RecordType::txt}, now));
  EXPECT_EQ(cache.size(), 4u);
}

}  // namespace
}  // namespace posthaste
