#include "identity/transport/tls_report_sender.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "platform/dns/zone_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class TlsReportSenderTest : public testing::Test {
 protected:
  ~TlsReportSenderTest() override {
    tasks_.cancel();
    settle();
  }

  void note(const std::string& domain) {
    TlsSession session;
    session.recipient_domain = domain;
    session.policy.domain = domain;
    book.note(std::move(session));
  }
  std::vector<TlsReportDelivery> send() {
    std::vector<TlsReportDelivery> result;
    tasks_.spawn(send_into(result));
    settle();
    return result;
  }
  void settle() {
    context_.restart();
    while (context_.poll() > 0) context_.restart();
  }

  ManualClock clock;
  TlsReportBook book{clock};
  ZoneTextResolver resolver{
      "_smtp._tls.a.test. TXT \"v=TLSRPTv1; rua=mailto:r%2B1@a.test\"\n"
      "_smtp._tls.b.test. TXT \"v=TLSRPTv1; rua=https://r.test/x,ftp://b.test\"\n"
      "_smtp._tls.two.test. TXT \"v=TLSRPTv1; rua=mailto:r@a.test\"\n"
      "_smtp._tls.two.test. TXT \"v=TLSRPTv1; rua=mailto:s@a.test\"\n"
      "_smtp._tls.down.test. SERVFAIL\n"
      "*.many.test. TXT \"v=TLSRPTv1; rua=https://slow.test/x\"\n"};
  std::vector<std::string> mailed;
  std::vector<HttpsRequest> posted;
  Result<HttpsAnswer> answer = HttpsAnswer{201, {}, {}};
  TlsReportSender sender{{book,
                          resolver,
                          clock,
                          [this](HttpsRequest request) { return post(std::move(request)); },
                          [this](std::string to, std::string) { return mail(std::move(to)); },
                          {"Org", "c@d.test", "d.test"},
                          1h}};

 protected:
  asio::awaitable<void> send_into(std::vector<TlsReportDelivery>& result) {
    const auto today = std::chrono::floor<std::chrono::days>(clock.wall());
    result = co_await sender.send(today);
  }
  asio::awaitable<Result<HttpsAnswer>> post(HttpsRequest request) {
    const bool is_slow = request.url.find("slow") != std::string::npos;
    posted.push_back(std::move(request));
    if (is_slow) co_await clock.sleep_until(clock.now() + 1min);
    co_return answer;
  }
  asio::awaitable<Result<void>> mail(std::string to) {
    mailed.push_back(std::move(to));
    co_return Result<void>();
  }
  asio::io_context context_{1};
  TaskGroup tasks_{context_.get_executor()};
};

TEST_F(TlsReportSenderTest, SendsByMailAndHttpsWhatTheDomainAsksFor) {
  note("a.test");
  note("b.test");
  EXPECT_TRUE(send().empty());  // today is not over
  clock.advance(24h);
  const auto sent = send();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(mailed, std::vector<std::string>{"r+1@a.test"});
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(posted[0].method, "POST");
  EXPECT_EQ(posted[0].url, "https://r.test/x");
  EXPECT_EQ(posted[0].headers[0].second, "application/tlsrpt+gzip");
  EXPECT_TRUE(posted[0].body.starts_with("\x1f\x8b"));
  EXPECT_EQ(sent[2].problem, "it is neither a mailto: nor an https: address");
  EXPECT_EQ(book.size(), 0U);
  EXPECT_TRUE(send().empty());
}

TEST_F(TlsReportSenderTest, ForgetsDomainsThatAskForNothing) {
  note("c.test");
  note("two.test");
  clock.advance(24h);
  (void)send();
  EXPECT_EQ(book.size(), 0U);
  EXPECT_TRUE(mailed.empty());
}

TEST_F(TlsReportSenderTest, TriesAgainWhatNobodyTakesUntilItIsOld) {
  note("b.test");
  note("down.test");
  answer->status = 500;
  clock.advance(24h);
  EXPECT_EQ(send().at(0).problem, "the server answers 500");
  EXPECT_EQ(book.size(), 2U);
  clock.advance(std::chrono::floor<std::chrono::days>(clock.wall()) + 25h - 1s - clock.wall());
  (void)send();
  EXPECT_EQ(book.size(), 2U);
  clock.advance(1s);
  (void)send();
  EXPECT_EQ(book.size(), 0U);
}

TEST_F(TlsReportSenderTest, HoldsNobodyUpForOneWhoIsSlow) {
  for (int i = 0; i < 6; ++i) note(std::to_string(i) + ".many.test");
  note("a.test");
  clock.advance(24h);
  std::vector<TlsReportDelivery> sent;
  tasks_.spawn(send_into(sent));
  settle();
  EXPECT_TRUE(sent.empty());  // it is not over yet
  EXPECT_EQ(mailed.size(), 1U);
  clock.advance(1min);
  settle();
  EXPECT_EQ(sent.size(), 7U);
  EXPECT_EQ(book.size(), 0U);
}

TEST_F(TlsReportSenderTest, AsksNoMoreThanAFewAtOneTime) {
  for (int i = 0; i < 20; ++i) note(std::to_string(i) + ".many.test");
  clock.advance(24h);
  std::vector<TlsReportDelivery> sent;
  tasks_.spawn(send_into(sent));
  for (const std::size_t asked : {8U, 16U, 20U, 20U}) {
    settle();
    EXPECT_EQ(posted.size(), asked);
    clock.advance(1min);
  }
  EXPECT_EQ(sent.size(), 20U);
}

TEST_F(TlsReportSenderTest, SendsByItselfAfterMidnight) {
  note("a.test");
  tasks_.spawn(sender.run());
  settle();
  for (int hour = 0; hour < 24; ++hour) {
    EXPECT_TRUE(mailed.empty()) << hour;
    clock.advance(1h);
    settle();
  }
  EXPECT_TRUE(mailed.empty());  // its own delay is an hour
  clock.advance(1h);
  settle();
  EXPECT_EQ(mailed.size(), 1U);
}

TEST(TlsReportUri, IsMailOrHttps) {
  EXPECT_TRUE(is_tls_report_uri("mailto:a@b.test"));
  EXPECT_TRUE(is_tls_report_uri("https://b.test/x"));
  for (const char* bad : {"", "a@b.test", "mailto:a", "http://b.test", "ftp://b.test"}) {
    EXPECT_FALSE(is_tls_report_uri(bad)) << bad;
  }
}

TEST(MailtoAddress, IsReadFromItsUri) {
  EXPECT_EQ(mailto_address("mailto:a@b.test"), "a@b.test");
  EXPECT_EQ(mailto_address("mailto:a%2Bb@c.test?subject=x"), "a+b@c.test");
  for (const char* bad : {"", "mailto:", "mailto:a", "mailto:a%zz@b.test", "https://b.test",
                          "mailto:a@b.test%0d%0aX: y"}) {
    EXPECT_EQ(mailto_address(bad), "") << bad;
  }
}

}  // namespace
}  // namespace posthaste
