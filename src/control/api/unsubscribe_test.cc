#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>

#include "base/temporary_folder.h"
#include "control/api/api.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kLinkKeys = {"a key of return paths, 32 octets"};

class UnsubscribeApiTest : public testing::Test {
 protected:
  UnsubscribeApiTest() {
    SpoolOptions options;
    options.path = folder_.path() / "spool";
    std::filesystem::create_directories(options.path);
    auto opened = Spool::open(options, system_clock_);
    spool_ = std::move(*opened);
    suppressor_ = std::make_unique<Suppressor>(Suppressor::Parts{*spool_, system_clock_, disk_},
                                               SuppressionConfig());
    unsubscriber_ = std::make_unique<Unsubscriber>(
        Unsubscriber::Parts{*spool_, *suppressor_, system_clock_, disk_});
    EXPECT_TRUE(unsubscriber_->set_keys(kLinkKeys));
    add_unsubscribe_api(router_, *unsubscriber_, clock_);
  }
  ~UnsubscribeApiTest() override { disk_.join(); }

  static std::string token() {
    return UnsubscribeCodec::create(kLinkKeys)->make(
        {.id = *MessageId::parse("0190b6a3-7c1f-7d2e-8a51-0123456789ab"),
         .recipient = *MailAddress::parse("secret@recipient.test"),
         .tenant = TenantId("acme"),
         .campaign = {},
         .stream = "news"});
  }
  HttpResponse ask(const std::string& method, const std::string& text,
                   const std::string& body = {}) {
    const HttpRouter::Match match = router_.match(method, "/u/" + text);
    EXPECT_NE(match.handler, nullptr);
    EXPECT_EQ(match.access, HttpRouter::Access::open);
    HttpRequest request;
    request.method = method;
    request.params = match.params;
    request.body = body;
    std::optional<HttpResponse> response;
    tasks_.spawn(keep((*match.handler)(std::move(request)), response));
    while (!tasks_.empty()) {
      loop_.restart();
      if (loop_.run_one_for(std::chrono::seconds(20)) == 0) ADD_FAILURE() << "nothing happens";
    }
    return *response;
  }
  std::size_t told() const { return spool_->told(0, 100)->size(); }

  ManualClock clock_;

 private:
  static asio::awaitable<void> keep(asio::awaitable<HttpResponse> work,
                                    std::optional<HttpResponse>& response) {
    response = co_await std::move(work);
  }

  TemporaryFolder folder_;
  SystemClock system_clock_;
  BlockingPool disk_{1};
  asio::io_context loop_{1};
  TaskGroup tasks_{loop_.get_executor()};
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Suppressor> suppressor_;
  std::unique_ptr<Unsubscriber> unsubscriber_;
  HttpRouter router_;
};

TEST_F(UnsubscribeApiTest, TakesOneClick) {
  EXPECT_EQ(ask("POST", token(), "List-Unsubscribe=One-Click").status, 200U);
  EXPECT_EQ(told(), 1U);
  // The list does not follow here: to ask again is right all the same.
  EXPECT_EQ(ask("POST", token(), "List-Unsubscribe=One-Click").status, 200U);
}

TEST_F(UnsubscribeApiTest, ReadsBothFormsOfTheBody) {
  const std::string multipart =
      "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n"
      "--x--\r\n";
  for (const std::string& right : {std::string("a=b&List-Unsubscribe=One-Click\r\n"), multipart}) {
    EXPECT_EQ(ask("POST", token(), right).status, 200U) << right;
  }
  const std::size_t before = told();
  for (const char* wrong : {"", "List-Unsubscribe=", "List-Unsubscribe=One-Click-Not", "One-Click",
                            "name=\"List-Unsubscribe\"\r\n\r\nTwo-Clicks"}) {
    EXPECT_EQ(ask("POST", token(), wrong).status, 400U) << wrong;
  }
  EXPECT_EQ(told(), before);
}

TEST_F(UnsubscribeApiTest, ShowsAButtonAndChangesNothing) {
  const HttpResponse page = ask("GET", token());
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("<form method=\"post\">"));
  EXPECT_THAT(page.body, HasSubstr("name=\"List-Unsubscribe\" value=\"One-Click\""));
  EXPECT_THAT(page.body, Not(HasSubstr("secret")));
  EXPECT_EQ(told(), 0U);
}

TEST_F(UnsubscribeApiTest, KnowsForgedLinks) {
  std::string forged = token();
  forged.front() = forged.front() == 'a' ? 'b' : 'a';
  EXPECT_EQ(ask("POST", forged, "List-Unsubscribe=One-Click").status, 404U);
  EXPECT_EQ(ask("GET", forged).status, 404U);
  EXPECT_EQ(told(), 0U);
}

TEST_F(UnsubscribeApiTest, LooksAtABoundedNumberASecond) {
  for (int i = 0; i < 2000; ++i) ask("POST", "forged", "List-Unsubscribe=One-Click");
  EXPECT_EQ(ask("POST", token(), "List-Unsubscribe=One-Click").status, 429U);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(ask("POST", token(), "List-Unsubscribe=One-Click").status, 200U);
}

}  // namespace
}  // namespace posthaste
