#include "platform/dns/json_resolver.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "platform/io/task_group.h"

namespace posthaste {
namespace {

boost::asio::awaitable<void> ask(Resolver& resolver, DnsQuestion question, DnsResult& result) {
  result = co_await resolver.lookup(question.name, question.type);
}

DnsResult lookup(Resolver& resolver, std::string name, RecordType type) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  DnsResult result;
  group.spawn(ask(resolver, {std::move(name), type}, result));
  loop.run();
  return result;
}

TEST(JsonResolver, AnswersFromTheText) {
  Result<JsonResolver> resolver = JsonResolver::parse(R"({
    "example.com MX": ["10 mx1.example.com.", "20 mx2.example.com."],
    "Example.com. txt": ["v=spf1 -all", "\"v=\" \"x\""],
    "www.example.com CNAME": ["example.com."],
    "a.example.com A": [],
    "b.example.com A": "NODATA", "c.example.com A": "NXDOMAIN",
    "d.example.com A": "SERVFAIL", "e.example.com A": "TIMEOUT"
  })");
  ASSERT_TRUE(resolver) << resolver.error().message();
  EXPECT_EQ(lookup(*resolver, "example.com", RecordType::mx).mx().size(), 2u);
  EXPECT_EQ(lookup(*resolver, "www.example.com", RecordType::txt).strings(),
            (std::vector<std::string>{"v=spf1 -all", "v=x"}));
  EXPECT_EQ(lookup(*resolver, "example.com", RecordType::a).status, DnsStatus::nodata);
  EXPECT_EQ(lookup(*resolver, "other.example.com", RecordType::a).status, DnsStatus::nxdomain);
  EXPECT_EQ(lookup(*resolver, "a.example.com", RecordType::a).status, DnsStatus::nodata);
  EXPECT_EQ(lookup(*resolver, "b.example.com", RecordType::a).status, DnsStatus::nodata);
  EXPECT_EQ(lookup(*resolver, "c.example.com", RecordType::a).status, DnsStatus::nxdomain);
  EXPECT_EQ(lookup(*resolver, "d.example.com", RecordType::a).status, DnsStatus::servfail);
  EXPECT_EQ(lookup(*resolver, "e.example.com", RecordType::a).status, DnsStatus::timeout);
}

TEST(JsonResolver, RefusesWhatIsNoAnswer) {
  for (const std::string json :
       {"", "[]", "{", R"({"example.com": ["x"]})", R"({"example.com HINFO": ["x"]})",
        R"({"a..b TXT": ["x"]})", R"({"a.b TXT": "MAYBE"})", R"({"a.b TXT": 1})",
        R"({"a.b TXT": [1]})", R"({"a.b MX": ["mx"]})", R"({"a.b A": ["1.2.3"]})"}) {
    const Result<JsonResolver> resolver = JsonResolver::parse(json);
    ASSERT_FALSE(resolver) << json;
    EXPECT_FALSE(resolver.error().detail.empty());
  }
}

TEST(JsonResolver, NamesTheFileThatCannotBeRead) {
  const Result<JsonResolver> resolver = JsonResolver::read("/nonexistent/answers.json");
  ASSERT_FALSE(resolver);
  EXPECT_NE(resolver.error().message().find("/nonexistent/answers.json"), std::string::npos);
}

}  // namespace
}  // namespace posthaste
