#include "server/transport_security.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "base/temporary_folder.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;
using testing::IsEmpty;

// Answers nobody until the question is cancelled.
class MuteResolver final : public Resolver {
 public:
  explicit MuteResolver(Clock& clock) : clock_(clock) {}

  asio::awaitable<DnsResult> lookup(std::string, RecordType) override {
    ++asked;
    co_await clock_.sleep_until(Clock::time_point::max());
    DnsResult result;
    result.status = DnsStatus::servfail;
    co_return result;
  }

  int asked = 0;

 private:
  Clock& clock_;
};

class TransportSecurityTest : public testing::Test {
 protected:
  TransportSecurityTest() {
    settings_.tls.report_contact = "tls@example.com";
    SpoolOptions options;
    options.path = folder_.path();
    options.min_free = Bytes(0);
    auto spool = Spool::open(options, clock_);
    EXPECT_TRUE(spool);
    spool_ = std::move(*spool);
    auto made = TransportSecurity::create(
        {resolver_, clock_, *spool_, metrics_, tasks_, Log::to_nowhere(clock_), "mail.example.com",
         [this](std::string, std::string) { return mail(); }},
        settings_);
    EXPECT_TRUE(made);
    security_ = std::move(*made);
  }

  void settle() {
    context_.restart();
    while (context_.poll() > 0) context_.restart();
  }
  void note(const std::string& domain) { security_->observer()(TlsSession(), {domain}); }
  void ask() { callers_.spawn(ask_into()); }

  TemporaryFolder folder_;
  ManualClock clock_;
  Metrics metrics_;
  std::unique_ptr<Spool> spool_;
  asio::io_context context_{1};
  TaskGroup tasks_{context_.get_executor()};
  TaskGroup callers_{context_.get_executor()};
  std::vector<Result<TransportSecurity::Deliveries>> answers_;
  MuteResolver resolver_{clock_};
  TransportSecurity::Settings settings_;
  std::unique_ptr<TransportSecurity> security_;

 private:
  asio::awaitable<void> ask_into() {
    auto answer = co_await security_->report_now();
    answers_.push_back(std::move(answer));
  }
  static asio::awaitable<Result<void>> mail() { co_return Result<void>(); }
};

TEST_F(TransportSecurityTest, AnswersWhoWaitsForReportsWhenTheServerStops) {
  note("a.test");
  note("b.test");
  ask();
  settle();
  EXPECT_EQ(resolver_.asked, 2);  // both domains at one time
  EXPECT_THAT(answers_, IsEmpty());
  security_->stop();
  tasks_.cancel();
  settle();
  EXPECT_TRUE(tasks_.empty());
  ASSERT_EQ(answers_.size(), 1u);
  ASSERT_FALSE(answers_[0]);
  EXPECT_EQ(answers_[0].error().message(), "the server stops");
  // Who comes later is not kept waiting either.
  ask();
  settle();
  EXPECT_TRUE(tasks_.empty());
  EXPECT_EQ(answers_.size(), 2u);
  EXPECT_TRUE(callers_.empty());
}

TEST_F(TransportSecurityTest, SaysWhatAReloadCannotChange) {
  EXPECT_THAT(security_->reload(settings_), IsEmpty());
  TransportSecurity::Settings other = settings_;
  other.tls.mta_sts = false;
  EXPECT_THAT(security_->reload(other), IsEmpty());
  other.tls.dane = false;
  other.tls.reports = false;
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(security_->reload(other), ElementsAre("tls dane, reports: restart to change"));
  }
  EXPECT_EQ(security_->dane(), &resolver_);
}

}  // namespace
}  // namespace posthaste
