#include "identity/dkim/dns_key_source.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "platform/dns/json_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

boost::asio::awaitable<void> fetch(DkimKeySource& keys, std::string name, DkimKeyAnswer& out) {
  out = co_await keys.look_up(std::move(name));
}

DkimKeyAnswer look_up(Resolver& resolver, const std::string& name) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  DnsKeySource keys(resolver);
  DkimKeyAnswer answer;
  group.spawn(fetch(keys, name, answer));
  loop.run();
  return answer;
}

TEST(DnsKeySource, TellsWhatIsAbsentFromWhatIsUnavailable) {
  auto resolver = JsonResolver::parse(
      R"({"a TXT": ["v=DKIM1; p="], "b TXT": "NODATA", "c TXT": "SERVFAIL", "d TXT": "TIMEOUT"})");
  ASSERT_TRUE(resolver) << resolver.error().message();
  EXPECT_EQ(look_up(*resolver, "a").status, DkimKeyAnswer::Status::found);
  EXPECT_EQ(look_up(*resolver, "b").status, DkimKeyAnswer::Status::absent);
  EXPECT_EQ(look_up(*resolver, "c").status, DkimKeyAnswer::Status::unavailable);
  EXPECT_EQ(look_up(*resolver, "d").status, DkimKeyAnswer::Status::unavailable);
  EXPECT_EQ(look_up(*resolver, "e").status, DkimKeyAnswer::Status::absent);
}

TEST(DnsKeySource, GivesTheTextOfEachRecordWhole) {
  const std::string key(900, 'A');
  auto resolver = JsonResolver::parse(R"({"s._domainkey.example.com TXT": ["v=DKIM1; k=rsa; p=)" +
                                      key + R"(", "\"v=DKIM1; \" \"p=\""]})");
  ASSERT_TRUE(resolver) << resolver.error().message();
  EXPECT_EQ(look_up(*resolver, "s._domainkey.example.com").records,
            (std::vector<std::string>{"v=DKIM1; k=rsa; p=" + key, "v=DKIM1; p="}));
}

}  // namespace
}  // namespace posthaste
