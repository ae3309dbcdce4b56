#include "cli/dns_choice.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace posthaste {
namespace {

boost::asio::awaitable<void> ask(Resolver& resolver, DnsResult& result) {
  result = co_await resolver.lookup("example.com", RecordType::txt);
}

TEST(DnsChoice, TakesAnswersFromTheFile) {
  const auto file = std::filesystem::path(testing::TempDir()) / "dns_choice_test.json";
  std::ofstream(file) << R"({"example.com TXT": ["v=spf1 -all"]})";
  DnsResult result;
  const Result<void> ran =
      run_with_dns("spf check", {.dns = file.string()},
                   [&](Resolver& resolver, Clock&) { return ask(resolver, result); });
  std::filesystem::remove(file);
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(result.strings(), std::vector<std::string>{"v=spf1 -all"});
}

TEST(DnsChoice, NamesTheFileThatIsNotThere) {
  const Result<void> ran = run_with_dns("spf check", {.dns = "/nonexistent/dns.json"}, nullptr);
  ASSERT_FALSE(ran);
  EXPECT_NE(ran.error().message().find("/nonexistent/dns.json"), std::string::npos);
}

TEST(DnsChoice, SaysWhichServerOrTimeoutIsNone) {
  for (const char* timeout : {"soon", "99ms"}) {
    const Result<void> ran = run_with_dns("spf check", {.timeout = timeout}, nullptr);
    ASSERT_FALSE(ran);
    const std::string message = ran.error().message();
    EXPECT_TRUE(message.starts_with("--dns-timeout ")) << message;
    EXPECT_NE(message.find(timeout), std::string::npos) << message;
  }
  const Result<void> ran = run_with_dns("spf check", {.servers = {"resolver"}}, nullptr);
  ASSERT_FALSE(ran);
  EXPECT_NE(ran.error().message().find("\"resolver\" is not an address"), std::string::npos);
}

TEST(DnsChoice, ReadsTheTimeOrSaysWhatATimeIs) {
  const Result<WallTime> time = time_of({.now = "1528637909"});
  ASSERT_TRUE(time);
  EXPECT_EQ(to_rfc3339(*time), "2018-06-10T13:38:29.000000Z");
  EXPECT_FALSE(time_of({.now = "yesterday"}));
}

}  // namespace
}  // namespace posthaste
