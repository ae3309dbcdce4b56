#include "platform/dns/authoritative_servers.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "platform/dns/name_server_fixture.h"
#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using namespace std::string_literals;

std::string txt(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}

// Two servers of example.test on loopback; caches know it by `recursive_`.
class AuthoritativeServersTest : public testing::Test {
 protected:
  AuthoritativeServersTest() {
    for (NameServer* server : {&first_, &second_}) {
      server->be_authoritative();
      group_.spawn(server->serve());
    }
    servers_ = std::make_unique<UnboundAuthoritativeServers>(
        loop_.get_executor(), clock_, recursive_, AuthoritativeOptions{.port = first_.port()});
  }
  ~AuthoritativeServersTest() override {
    asio::post(loop_, [this] {
      group_.cancel();
      group_.spawn(servers_->stop());
    });
    loop_.restart();
    loop_.run();
  }

  asio::awaitable<void> ask_into(std::string name, RecordType type,
                                 std::optional<AuthoritativeAnswer>& answer) {
    answer = co_await servers_->ask(std::move(name), type);
  }
  AuthoritativeAnswer ask(std::string name, RecordType type) {
    std::optional<AuthoritativeAnswer> answer;
    group_.spawn(ask_into(std::move(name), type, answer));
    while (!answer) loop_.run_one();
    return *answer;
  }

  asio::io_context loop_;
  SystemClock clock_;
  TaskGroup group_{loop_.get_executor()};
  NameServer first_{loop_};
  NameServer second_{loop_, "127.0.0.2", first_.port()};
  ZoneTextResolver recursive_{
      "example.test. NS ns1.example.test.\nexample.test. NS ns2.example.test.\n"
      "ns1.example.test. A 127.0.0.1\nns2.example.test. A 127.0.0.2\n"
      "elsewhere.test. TXT from-caches\n"};
  std::unique_ptr<UnboundAuthoritativeServers> servers_;
};

TEST_F(AuthoritativeServersTest, TellWhatEachServerOfTheZoneSays) {
  first_.add("mail.example.test", RecordType::txt, txt("new"));
  second_.add("mail.example.test", RecordType::txt, txt("old"));
  const AuthoritativeAnswer answer = ask("Mail.Example.test.", RecordType::txt);
  EXPECT_EQ(answer.zone, "example.test");
  ASSERT_EQ(answer.answers.size(), 2u);
  EXPECT_EQ(answer.answers[0].server, "ns1.example.test");
  EXPECT_EQ(answer.answers[0].result.strings(), std::vector{"new"s});
  EXPECT_EQ(answer.answers[1].server, "ns2.example.test");
  EXPECT_EQ(answer.answers[1].result.strings(), std::vector{"old"s});
}

TEST_F(AuthoritativeServersTest, SayThatANameIsNotThere) {
  const AuthoritativeAnswer answer = ask("gone.example.test", RecordType::txt);
  ASSERT_EQ(answer.answers.size(), 2u);
  EXPECT_EQ(answer.answers[0].result.status, DnsStatus::nxdomain) << answer.answers[0].result.why;
}

TEST_F(AuthoritativeServersTest, AreNoneForAZoneThatNobodyServes) {
  EXPECT_EQ(ask("example.invalid", RecordType::txt).zone, "");
}

TEST_F(AuthoritativeServersTest, AreHeardToTheLastWhenOneFails) {
  first_.fail("mail.example.test", 2);
  second_.add("mail.example.test", RecordType::txt, txt("here"));
  const AuthoritativeAnswer answer = ask("mail.example.test", RecordType::txt);
  ASSERT_EQ(answer.answers.size(), 2u);
  EXPECT_EQ(answer.answers[0].result.status, DnsStatus::servfail);
  EXPECT_EQ(answer.answers[1].result.strings(), std::vector{"here"s});
}

}  // namespace
}  // namespace posthaste
