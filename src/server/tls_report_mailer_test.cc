#include "server/tls_report_mailer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "accept/session_fixture.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

using testing::HasSubstr;

ServerIdentity identity_of(const std::string& hostname) {
  return {hostname, std::make_shared<const CredentialSet>(), nullptr, nullptr};
}

boost::asio::awaitable<void> send(TlsReportMailer& mailer) {
  const Result<void> sent =
      co_await mailer.send("tls@recipient.test", "From: <tls@example.com>\r\n\r\nreport\r\n");
  EXPECT_TRUE(sent);
}

TEST(TlsReportMailer, SendsAsWhoTheServerIsNow) {
  ManualClock clock;
  FakeSink sink;
  boost::asio::io_context context;
  TaskGroup group(context.get_executor());
  std::unique_ptr<Reception> reception;
  TlsReportMailer mailer(reception, identity_of("one.example"), "tls@example.com");
  reception = std::make_unique<Reception>(clock, sink);
  group.spawn(send(mailer));
  context.run();
  mailer.set_identity(identity_of("two.example"));
  group.spawn(send(mailer));
  context.restart();
  context.run();
  ASSERT_EQ(sink.taken.size(), 2u);
  EXPECT_THAT(*sink.taken[0].body, HasSubstr("by one.example"));
  EXPECT_THAT(*sink.taken[1].body, HasSubstr("by two.example"));
}

}  // namespace
}  // namespace posthaste
