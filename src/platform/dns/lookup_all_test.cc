#include "platform/dns/lookup_all.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Answers each question a minute after it was asked.
class SlowResolver final : public Resolver {
 public:
  explicit SlowResolver(Clock& clock) : clock_(clock) {}

  asio::awaitable<DnsResult> lookup(std::string name, RecordType) override {
    ++open;
    co_await clock_.sleep_until(clock_.now() + 1min);
    --open;
    DnsResult result;
    result.canonical_name = std::move(name);
    co_return result;
  }

  int open = 0;

 private:
  Clock& clock_;
};

asio::awaitable<void> ask(Resolver& resolver, std::vector<DnsQuestion> questions,
                          std::vector<DnsResult>& results) {
  results = co_await lookup_all(resolver, std::move(questions));
}

TEST(LookupAll, AnswersInTheOrderOfTheQuestions) {
  ZoneTextResolver resolver("a.test. A 192.0.2.1\nb.test. A 192.0.2.2");
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  std::vector<DnsResult> results;
  group.spawn(ask(resolver, {{"b.test", RecordType::a}, {"a.test", RecordType::a}}, results));
  loop.run();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].canonical_name, "b.test");
  EXPECT_EQ(results[1].canonical_name, "a.test");
}

TEST(LookupAll, AnswersNoQuestionsAtOnce) {
  ZoneTextResolver resolver("");
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  std::vector<DnsResult> results(1);
  group.spawn(ask(resolver, {}, results));
  loop.run();
  EXPECT_TRUE(results.empty());
}

TEST(LookupAll, AsksAllAtOneTime) {
  ManualClock clock;
  SlowResolver resolver(clock);
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  std::vector<DnsResult> results;
  group.spawn(ask(resolver, {{"a", RecordType::a}, {"b", RecordType::a}}, results));
  loop.poll();
  EXPECT_EQ(resolver.open, 2);
  clock.advance(1min);
  loop.poll();
  EXPECT_EQ(results.size(), 2u);
  EXPECT_TRUE(group.empty());
}

TEST(LookupAll, EndsWithItsCaller) {
  ManualClock clock;
  SlowResolver resolver(clock);
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  std::vector<DnsResult> results;
  group.spawn(ask(resolver, {{"a", RecordType::a}, {"b", RecordType::a}}, results));
  loop.poll();
  asio::post(loop, [&group] { group.cancel(); });
  loop.poll();
  EXPECT_TRUE(group.empty());
  EXPECT_TRUE(results.empty());
  EXPECT_EQ(clock.next_wakeup(), Clock::time_point::max());
}

}  // namespace
}  // namespace posthaste
