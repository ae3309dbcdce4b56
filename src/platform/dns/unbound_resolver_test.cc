#include "platform/dns/unbound_resolver.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "platform/dns/name_server_fixture.h"
#include "platform/io/loop_pool.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace std::string_literals;

class UnboundResolverTest : public testing::Test {
 protected:
  ~UnboundResolverTest() override {
    asio::post(loop_, [this] {
      group_.cancel();
      if (resolver_) group_.spawn(resolver_->stop());
    });
    loop_.restart();
    loop_.run();
  }

  void create(const DnsConfig& config, Clock& clock) {
    Result<std::unique_ptr<UnboundResolver>> made =
        UnboundResolver::create(loop_.get_executor(), clock, config);
    ASSERT_TRUE(made) << made.error().message();
    resolver_ = std::move(*made);
  }
  void create(const DnsConfig& config) { create(config, clock_); }
  void create_with_server() {
    create({.servers = {server_.address()}});
    group_.spawn(server_.serve());
  }

  asio::awaitable<void> ask(DnsQuestion question, DnsResult& result, int& open) {
    result = co_await resolver_->lookup(std::move(question.name), question.type);
    --open;
  }
  DnsResult lookup(std::string name, RecordType type) {
    return lookup_together({{std::move(name), type}}).front();
  }
  std::vector<DnsResult> lookup_together(std::vector<DnsQuestion> questions) {
    int open = static_cast<int>(questions.size());
    std::vector<DnsResult> results(questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i) {
      group_.spawn(ask(std::move(questions[i]), results[i], open));
    }
    while (open > 0) loop_.run_one();
    return results;
  }

  asio::io_context loop_;
  SystemClock clock_;
  NameServer server_{loop_};
  TaskGroup group_{loop_.get_executor()};
  std::unique_ptr<UnboundResolver> resolver_;
};

TEST_F(UnboundResolverTest, AnswersLocalDataByItself) {
  create({.local_data = {"example.test. MX 10 mx.example.test.", "mx.example.test. A 127.0.0.1",
                         "out.example.org. CNAME mx.example.test."}});
  EXPECT_EQ(lookup("Example.TEST.", RecordType::mx).mx(),
            (std::vector<MxRecord>{{10, "mx.example.test"}}));
  EXPECT_EQ(lookup("example.test", RecordType::aaaa).status, DnsStatus::nodata);
  EXPECT_EQ(lookup("other.test", RecordType::mx).status, DnsStatus::nxdomain);
  EXPECT_EQ(lookup("other.invalid", RecordType::mx).status, DnsStatus::nxdomain);
  EXPECT_EQ(lookup("out.example.org", RecordType::a).strings(),
            std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(lookup("not..a.name", RecordType::a).status, DnsStatus::nxdomain);
}

TEST_F(UnboundResolverTest, AsksItsServers) {
  server_.add("example.net", RecordType::mx, u16(10) + wire_name("mx.example.net"));
  server_.add("example.net", RecordType::mx, u16(20) + wire_name("MX2.example.net"));
  create_with_server();
  const DnsResult result = lookup("example.net", RecordType::mx);
  EXPECT_EQ(result.status, DnsStatus::found) << result.why;
  EXPECT_EQ(result.canonical_name, "example.net");
  EXPECT_FALSE(result.secure);
  EXPECT_GE(result.ttl, 290s);
  const std::vector<MxRecord> mx = result.mx();
  EXPECT_EQ(std::set<MxRecord>(mx.begin(), mx.end()),
            (std::set<MxRecord>{{10, "mx.example.net"}, {20, "mx2.example.net"}}));
  EXPECT_EQ(lookup("missing.net", RecordType::a).status, DnsStatus::nxdomain);
}

TEST_F(UnboundResolverTest, AsksServersForReservedDomainsToo) {
  server_.add("mx.lab.test", RecordType::a, "\x7f\x00\x00\x02"s);
  create_with_server();
  const DnsResult result = lookup("mx.lab.test", RecordType::a);
  EXPECT_EQ(result.strings(), std::vector<std::string>{"127.0.0.2"}) << result.why;
}

TEST_F(UnboundResolverTest, FollowsACnameOfLocalDataOutside) {
  server_.add("mx.example.net", RecordType::a, "\xc0\x00\x02\x01"s);
  create(
      {.servers = {server_.address()}, .local_data = {"alias.example.org. CNAME mx.example.net."}});
  group_.spawn(server_.serve());
  const DnsResult result = lookup("alias.example.org", RecordType::a);
  EXPECT_EQ(result.strings(), std::vector<std::string>{"192.0.2.1"}) << result.why;
  EXPECT_EQ(result.canonical_name, "mx.example.net");
}

TEST_F(UnboundResolverTest, AsksEqualQuestionsOnceAndKeepsTheAnswer) {
  server_.add("example.net", RecordType::a, "\xc0\x00\x02\x01"s);
  create_with_server();
  const DnsQuestion question{"example.net", RecordType::a};
  for (const DnsResult& result : lookup_together({question, question, question})) {
    EXPECT_TRUE(result.is_found()) << result.why;
  }
  EXPECT_TRUE(lookup("EXAMPLE.net", RecordType::a).is_found());
  EXPECT_EQ(server_.asked("example.net"), 1);
}

TEST_F(UnboundResolverTest, SaysServfailWhenTheServerDoes) {
  server_.fail("broken.net", 2);
  server_.fail("refused.net", 5);
  create_with_server();
  const DnsResult broken = lookup("broken.net", RecordType::a);
  EXPECT_EQ(broken.status, DnsStatus::servfail);
  EXPECT_FALSE(broken.why.empty());
  EXPECT_EQ(lookup("refused.net", RecordType::a).status, DnsStatus::servfail);
}

TEST_F(UnboundResolverTest, GivesUpAfterItsTimeout) {
  ManualClock clock;
  server_.stay_silent("slow.net");
  create({.servers = {server_.address()}, .timeout = 20s}, clock);
  group_.spawn(server_.serve());
  DnsResult result;
  int open = 1;
  group_.spawn(ask({"slow.net", RecordType::a}, result, open));
  while (server_.asked("slow.net") == 0) loop_.run_one();
  clock.advance(19s);
  loop_.poll();
  EXPECT_EQ(open, 1);
  clock.advance(1s);
  while (open > 0) loop_.run_one();
  EXPECT_EQ(result.status, DnsStatus::timeout);
  EXPECT_EQ(result.why, "no answer for slow.net A in 20s");
}

TEST_F(UnboundResolverTest, KeepsQuestionsWaitingWhenTooManyAreOpen) {
  constexpr int kCount = 501;
  ManualClock clock;
  create({.servers = {server_.address()}, .timeout = 20s}, clock);
  group_.spawn(server_.serve());
  std::vector<DnsResult> results(kCount);
  int open = kCount;
  for (int i = 0; i < kCount; ++i) {
    const std::string name = fmt::format("h{}.net", i);
    server_.stay_silent(name);
    group_.spawn(ask({name, RecordType::a}, results[static_cast<std::size_t>(i)], open));
  }
  while (server_.asked("h0.net") == 0) loop_.run_one();
  EXPECT_EQ(server_.asked("h500.net"), 0);
  clock.advance(20s);
  while (server_.asked("h500.net") == 0) loop_.run_one();
  EXPECT_EQ(open, 1);
  clock.advance(20s);
  while (open > 0) loop_.run_one();
  EXPECT_EQ(results.back().status, DnsStatus::timeout);
}

TEST_F(UnboundResolverTest, LetsACallerGoAway) {
  server_.stay_silent("slow.net");
  create_with_server();
  DnsResult result;
  int open = 1;
  TaskGroup callers(loop_.get_executor());
  callers.spawn(ask({"slow.net", RecordType::a}, result, open));
  while (server_.asked("slow.net") == 0) loop_.run_one();
  asio::post(loop_, [&callers] { callers.cancel(); });
  while (!callers.empty()) loop_.run_one();
  EXPECT_EQ(result.why, "the question was given up");
}

TEST_F(UnboundResolverTest, AnswersServfailToThoseWhoWaitWhenItStops) {
  server_.stay_silent("slow.net");
  create_with_server();
  DnsResult result;
  int open = 1;
  group_.spawn(ask({"slow.net", RecordType::a}, result, open));
  while (server_.asked("slow.net") == 0) loop_.run_one();
  group_.spawn(resolver_->stop());
  while (open > 0) loop_.run_one();
  EXPECT_EQ(result.status, DnsStatus::servfail);
  EXPECT_EQ(lookup("other.net", RecordType::a).status, DnsStatus::servfail);
}

asio::awaitable<void> ask_many(Resolver& resolver, int& found, std::atomic<int>& ended) {
  for (int i = 0; i < 200; ++i) {
    const DnsResult local = co_await resolver.lookup("a.test", RecordType::a);
    const DnsResult outside =
        co_await resolver.lookup(fmt::format("h{}.net", i % 20), RecordType::a);
    if (local.is_found() && outside.is_found()) ++found;
  }
  ++ended;
}

TEST_F(UnboundResolverTest, AnswersCallersOnAllLoops) {
  constexpr std::size_t kLoops = 3;
  for (int i = 0; i < 20; ++i) {
    server_.add(fmt::format("h{}.net", i), RecordType::a, "\xc0\x00\x02\x01"s);
  }
  create({.servers = {server_.address()}, .local_data = {"a.test. A 192.0.2.1"}});
  group_.spawn(server_.serve());
  std::array<int, kLoops> found{};
  std::atomic<int> ended{0};
  LoopPool pool(kLoops);
  std::vector<std::unique_ptr<TaskGroup>> groups;
  for (std::size_t i = 0; i < kLoops; ++i) {
    groups.push_back(std::make_unique<TaskGroup>(pool.loop(i).executor()));
    asio::post(pool.loop(i).executor(), [this, group = groups[i].get(), &count = found[i], &ended] {
      group->spawn(ask_many(*resolver_, count, ended));
    });
  }
  while (ended < static_cast<int>(kLoops)) loop_.run_one_for(1ms);
  pool.join();
  for (const int count : found) EXPECT_EQ(count, 200);
}

TEST(UnboundServer, IsWrittenInTheWordsOfTheLibrary) {
  EXPECT_EQ(*to_unbound_server("192.0.2.53"), "192.0.2.53");
  EXPECT_EQ(*to_unbound_server("192.0.2.53:5353"), "192.0.2.53@5353");
  EXPECT_EQ(*to_unbound_server("2001:db8::53"), "2001:db8::53");
  EXPECT_EQ(*to_unbound_server("[2001:db8::53]"), "2001:db8::53");
  EXPECT_EQ(*to_unbound_server("[2001:db8::53]:5353"), "2001:db8::53@5353");
  for (const std::string server :
       {"", "dns.example", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:x",
        "[2001:db8::53", "[::1]5353"}) {
    EXPECT_FALSE(to_unbound_server(server)) << server;
  }
}

TEST(UnboundResolver, RefusesAConfigurationThatCannotWork) {
  asio::io_context loop;
  SystemClock clock;
  const auto create = [&](const DnsConfig& config) {
    return UnboundResolver::create(loop.get_executor(), clock, config).has_value();
  };
  EXPECT_FALSE(create({.servers = {"dns.example"}}));
  EXPECT_FALSE(create({.trust_anchor = "/nonexistent/root.key"}));
  EXPECT_FALSE(create({.local_data = {"nonsense"}}));
  EXPECT_TRUE(create({}));
}

}  // namespace
}  // namespace posthaste
