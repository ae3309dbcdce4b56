#include "inbound/sender_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

using testing::HasSubstr;

class SenderCheckTest : public testing::Test {
 protected:
  SenderCheck check(const std::string& address,
                    Clock::duration patience = std::chrono::seconds(20)) {
    SenderChecker checker({resolver, clock, "mta.test", patience});
    const IncomingMessage message{
        address, "mx.r.example", "fbl@r.example",
        std::make_shared<const std::string>("From: fbl@r.example\r\n\r\nText\r\n")};
    boost::asio::io_context loop;
    TaskGroup tasks(loop.get_executor());
    SenderCheck found;
    tasks.spawn(check_one(checker, message, found));
    loop.run();
    return found;
  }
  static boost::asio::awaitable<void> check_one(SenderChecker& checker, IncomingMessage message,
                                                SenderCheck& found) {
    found = co_await checker.check(std::move(message));
  }

  ManualClock clock;
  ZoneTextResolver resolver{
      "r.example. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n_dmarc.r.example. TXT \"v=DMARC1; p=none\"\n"};
};

TEST_F(SenderCheckTest, IsAuthenticWhenTheDomainOfFromVouchesForIt) {
  const SenderCheck found = check("192.0.2.1");
  EXPECT_TRUE(found.is_authentic);
  EXPECT_EQ(found.from_domain, "r.example");
  EXPECT_THAT(found.results, HasSubstr("mta.test; spf=pass"));
  EXPECT_THAT(found.results, HasSubstr("dmarc=pass"));
  EXPECT_EQ(found.results.find('\n'), std::string::npos);
  EXPECT_FALSE(check("192.0.2.2").is_authentic);
}

TEST_F(SenderCheckTest, EndsWhenItsTimeIsOver) {
  const SenderCheck found = check("192.0.2.1", Clock::duration::zero());
  EXPECT_FALSE(found.is_authentic);
  EXPECT_THAT(found.results, HasSubstr("spf=temperror"));
}

// RFC 9477 §3.5: a signature of the author's domain, or of one above it.
TEST(IsAuthentic, BySignatureOfTheAuthorsDomainOnly) {
  Authentication found;
  found.header_from = "arf.mail.r.example";
  DkimVerdict verdict;
  verdict.result = DkimResult::pass;
  verdict.domain = "r.example";
  found.dkim = {verdict};
  EXPECT_TRUE(is_authentic(found));
  found.dkim[0].domain = "other.example";
  EXPECT_FALSE(is_authentic(found));
  found.dkim[0].domain = "il.r.example";
  EXPECT_FALSE(is_authentic(found));
  found.dkim[0].domain = "r.example";
  found.dkim[0].result = DkimResult::fail;
  EXPECT_FALSE(is_authentic(found));
}

}  // namespace
}  // namespace posthaste
