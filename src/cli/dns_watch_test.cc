#include "cli/dns_watch.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "cli/written_file.h"
#include "platform/dns/name_server_fixture.h"
#include "platform/dns/unbound_resolver.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

// Says nxdomain for some names, and for all others that no answer came in twenty seconds.
class HalfSilentResolver final : public Resolver {
 public:
  HalfSilentResolver(Clock& clock, std::set<std::string> answered)
      : clock_(clock), answered_(std::move(answered)) {}

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType) override {
    if (answered_.contains(name)) co_return DnsResult{.status = DnsStatus::nxdomain};
    co_await clock_.sleep_until(clock_.now() + 20s);
    co_return DnsResult{.status = DnsStatus::timeout, .why = "no answer for " + name};
  }

 private:
  Clock& clock_;
  const std::set<std::string> answered_;
};

class DnsWatchTest : public testing::Test {
 protected:
  // Asks the names, one after the other.
  void watch(Resolver& resolver, std::vector<std::string> names) {
    DnsWatchWords words{.verb = "spf check", .remedy = "connect it", .to = file_.get()};
    words.servers = {"192.0.2.53", "192.0.2.54:5353"};
    watch_ = std::make_unique<DnsWatch>(loop_.get_executor(), DnsWatch::World{resolver, clock_},
                                        std::move(words), [this] { work_.cancel(); });
    watch_->start();
    work_.spawn(ask(std::move(names)));
    group_.spawn(end_after_work());
    loop_.poll();
  }

  void pass(Clock::duration time) {
    clock_.advance(time);
    loop_.poll();
  }

  boost::asio::awaitable<void> ask(std::vector<std::string> names) {
    for (const std::string& name : names) {
      const DnsResult result = co_await watch_->lookup(name, RecordType::txt);
      answers_.push_back(result.status);
    }
  }

  boost::asio::awaitable<void> end_after_work() {
    co_await work_.join();
    co_await watch_->stop();
    has_ended_ = true;
  }

  WrittenFile file_;
  ManualClock clock_;
  boost::asio::io_context loop_;
  TaskGroup work_{loop_.get_executor()};
  TaskGroup group_{loop_.get_executor()};
  std::unique_ptr<DnsWatch> watch_;
  std::vector<DnsStatus> answers_;
  bool has_ended_ = false;
};

constexpr const char* kLine =
    "posthaste spf check: no answer for silent.test TXT in 5s from 192.0.2.53, 192.0.2.54:5353, "
    "waiting on: connect it\n";

TEST_F(DnsWatchTest, SaysNothingWhileAnswersCome) {
  HalfSilentResolver resolver(clock_, {"a.test", "b.test"});
  watch(resolver, {"a.test", "b.test"});
  EXPECT_TRUE(has_ended_);
  EXPECT_EQ(answers_, (std::vector{DnsStatus::nxdomain, DnsStatus::nxdomain}));
  EXPECT_EQ(file_.text(), "");
}

TEST_F(DnsWatchTest, TellsOfAQuestionAndGivesItItsTimeWhereOthersAreAnswered) {
  HalfSilentResolver resolver(clock_, {"a.test", "com"});
  watch(resolver, {"a.test", "silent.test", "a.test"});
  pass(4999ms);
  EXPECT_EQ(file_.text(), "");
  pass(1ms);
  EXPECT_EQ(file_.text(), kLine);
  pass(14s);
  EXPECT_EQ(answers_.size(), 1U);
  pass(1s);
  EXPECT_TRUE(has_ended_);
  EXPECT_EQ(answers_.size(), 3U);
  EXPECT_EQ(answers_[1], DnsStatus::timeout);
  EXPECT_EQ(watch_->problem(), "");
  EXPECT_EQ(file_.text(), kLine);
}

TEST_F(DnsWatchTest, TellsOfEachQuestionOnce) {
  HalfSilentResolver resolver(clock_, {"com"});
  watch(resolver, {"silent.test", "silent.test"});
  for (int second = 0; second < 40; ++second) pass(1s);
  EXPECT_TRUE(has_ended_);
  EXPECT_EQ(file_.text(), std::string(kLine) + kLine);
}

TEST_F(DnsWatchTest, GivesUpWhereNothingAnswersAtAll) {
  HalfSilentResolver resolver(clock_, {});
  watch(resolver, {"silent.test", "other.test"});
  pass(5s);
  EXPECT_EQ(file_.text(), kLine);
  EXPECT_FALSE(has_ended_);
  pass(5s);
  EXPECT_TRUE(has_ended_);
  EXPECT_TRUE(answers_.empty()) << "judged by an answer that nobody gave";
  EXPECT_EQ(watch_->problem(), "no answer for silent.test TXT in 10s");
  EXPECT_EQ(file_.text(), kLine);
}

TEST_F(DnsWatchTest, GivesUpOnAServerThatSwallowsAll) {
  const NameServer server(loop_);  // it has a socket, and never reads
  Result<std::unique_ptr<UnboundResolver>> resolver =
      UnboundResolver::create(loop_.get_executor(), clock_, {.servers = {server.address()}});
  ASSERT_TRUE(resolver) << resolver.error().message();
  watch(**resolver, {"silent.test"});
  pass(5s);
  EXPECT_EQ(file_.text(), kLine);
  pass(5s);
  EXPECT_TRUE(has_ended_);
  EXPECT_TRUE(answers_.empty());
  EXPECT_EQ(watch_->problem(), "no answer for silent.test TXT in 10s");
  group_.spawn((*resolver)->stop());
  loop_.restart();
  loop_.run();
}

}  // namespace
}  // namespace posthaste
