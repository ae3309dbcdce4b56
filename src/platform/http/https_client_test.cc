#include "platform/http/https_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "platform/dns/zone_text_resolver.h"
#include "platform/io/certificate_fixture.h"
#include "platform/io/task_group.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: a\r\n\r\nhi";

// A client, and a server on loopback that gives each caller one answer.
class HttpsClientTest : public testing::Test {
 protected:
  HttpsClientTest() : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    trust_.set_verify_mode(ssl::verify_peer);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(trust_.native_handle()),
                        authority_.certificate.x509.get());
    use(authority_.issue("DNS:www.test,IP:127.0.0.1"));
  }
  ~HttpsClientTest() override {
    acceptor_.close();
    tasks_.cancel();
    run_until([this] { return tasks_.empty(); });
  }

  void use(const TestCertificate& certificate) {
    server_.emplace(ssl::context::tls_server);
    certificate.give_to(*server_);
  }
  std::string url(const std::string& host = "www.test", const std::string& scheme = "https") {
    return scheme + "://" + host + ":" + std::to_string(acceptor_.local_endpoint().port()) + "/x?y";
  }

  Result<HttpsAnswer> fetch(HttpsRequest request, std::string answer = kOk) {
    tasks_.spawn(serve(std::move(answer), request.url.starts_with("https")));
    std::optional<Result<HttpsAnswer>> result;
    auto task = tasks_.spawn(ask(std::move(request), result));
    if (cancels_) {
      run_until([this] { return !heard_.empty(); });
      task.cancel();
    }
    run_until([&] { return result.has_value(); });
    return result ? *result : Error{asio::error::not_found, "the client never ends"};
  }
  Result<HttpsAnswer> get(const std::string& url, std::string answer = kOk) {
    HttpsRequest request;
    request.url = url;
    return fetch(std::move(request), std::move(answer));
  }

  ManualClock clock_;
  ZoneTextResolver resolver_{"www.test. A 127.0.0.1\nbroken.test. SERVFAIL\n"};
  TestAuthority authority_;
  std::string heard_;
  bool moves_time_ = false;
  bool cancels_ = false;

 private:
  void run_until(const std::function<bool()>& is_so) {
    for (int turn = 0; turn < 10000 && !is_so(); ++turn) {
      context_.restart();
      const std::size_t done = context_.run_one_for(std::chrono::milliseconds(1));
      if (done == 0 && moves_time_) clock_.advance(std::chrono::seconds(1));
    }
  }
  asio::awaitable<void> ask(HttpsRequest request, std::optional<Result<HttpsAnswer>>& result) {
    HttpsClient client(resolver_, clock_, trust_);
    result = co_await client.fetch(std::move(request));
  }
  asio::awaitable<void> serve(std::string answer, bool is_secure) {
    auto [ec, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (ec) co_return;
    TcpStream stream(std::move(socket));
    if (is_secure) {
      const IoResult shaken = co_await stream.handshake_server(*server_);
      if (shaken.ec) co_return;
    }
    std::array<char, 8192> buffer{};
    const IoResult read = co_await stream.read_some(asio::buffer(buffer));
    heard_.append(buffer.data(), read.count);
    if (answer.empty()) {
      co_await stream.read_some(asio::buffer(buffer));  // until the client has lost its patience
    } else {
      const std::array<asio::const_buffer, 1> buffers{asio::buffer(answer)};
      co_await stream.write(buffers);
      if (ends_politely_) co_await stream.shutdown();
    }
    stream.close();
  }

 protected:
  bool ends_politely_ = true;

 private:
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  ssl::context trust_{ssl::context::tls_client};
  std::optional<ssl::context> server_;
  TaskGroup tasks_{context_.get_executor()};
};

TEST_F(HttpsClientTest, ReturnsStatusHeadersAndBody) {
  const auto answer = get(url(), "HTTP/1.1 404 No\r\nContent-Length: 2\r\nX-Kind: a\r\n\r\nhi");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 404U);
  EXPECT_EQ(answer->body, "hi");
  EXPECT_EQ(answer->header("x-kind"), "a");
  EXPECT_EQ(answer->header("x-other"), "");
  EXPECT_THAT(heard_, StartsWith("GET /x?y HTTP/1.1\r\n"));
  EXPECT_THAT(heard_, HasSubstr("Host: www.test:"));
}

TEST_F(HttpsClientTest, SendsMethodHeadersAndBody) {
  HttpsRequest request;
  request.url = url();
  request.method = "POST";
  request.headers = {{"Content-Type", "application/tlsrpt+gzip"}};
  request.body = "octets";
  ASSERT_TRUE(fetch(std::move(request)));
  EXPECT_THAT(heard_, StartsWith("POST /x?y HTTP/1.1\r\n"));
  EXPECT_THAT(heard_, HasSubstr("Content-Type: application/tlsrpt+gzip\r\n"));
  EXPECT_THAT(heard_, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(heard_, testing::EndsWith("\r\n\r\noctets"));
}

TEST_F(HttpsClientTest, ReadsAnAnswerInChunks) {
  const auto answer = get(
      url(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, "abc");
}

TEST_F(HttpsClientTest, SpeaksToAnAddressWhoseCertificateBearsIt) {
  EXPECT_TRUE(get(url("127.0.0.1")));
}

TEST_F(HttpsClientTest, SpeaksPlainHttpToLoopbackOnly) {
  EXPECT_TRUE(get(url("127.0.0.1", "http")));
  for (const char* one : {"http://www.test/", "http://192.0.2.1/", "ftp://127.0.0.1/", "x", "",
                          "https://user@www.test/", "https:///x"}) {
    const auto answer = get(one);
    ASSERT_FALSE(answer) << one;
    EXPECT_EQ(answer.error().code, boost::system::errc::invalid_argument) << one;
  }
}

TEST_F(HttpsClientTest, RefusesACertificateForAnotherName) {
  use(authority_.issue("DNS:other.test"));
  const auto answer = get(url());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), StartsWith("certificate of www.test refused: "));
  EXPECT_EQ(heard_, "");
}

TEST_F(HttpsClientTest, RefusesACertificateThatIsOver) {
  use(authority_.issue("DNS:www.test", -1));
  const auto answer = get(url());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("refused: certificate has expired"));
}

TEST_F(HttpsClientTest, RefusesACertificateOfAnUnknownAuthority) {
  use(TestAuthority().issue("DNS:www.test"));
  const auto answer = get(url());
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), StartsWith("certificate of www.test refused: "));
}

TEST_F(HttpsClientTest, FollowsNoRedirect) {
  const auto answer =
      get(url(), "HTTP/1.1 301 Moved\r\nLocation: https://www.test/\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 301U);
}

TEST_F(HttpsClientTest, TakesNoMoreThanItIsAllowed) {
  for (const char* head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n"}) {
    HttpsRequest request;
    request.url = url();
    request.max_answer = 10;
    const auto answer = fetch(std::move(request), std::string(head) + "hello world");
    ASSERT_FALSE(answer) << head;
    EXPECT_THAT(answer.error().message(), HasSubstr("larger than 10 octets")) << head;
  }
}

TEST_F(HttpsClientTest, TakesAnAnswerThatEndsWithTheConnectionOnlyIfTlsEnded) {
  const std::string endless = "HTTP/1.1 200 OK\r\n\r\nhello";
  const auto whole = get(url(), endless);
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->body, "hello");
  ends_politely_ = false;
  EXPECT_FALSE(get(url(), endless));
}

TEST_F(HttpsClientTest, GivesUpOnAServerThatSaysNothing) {
  moves_time_ = true;
  const auto answer = get(url(), "");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, asio::error::timed_out);
  EXPECT_THAT(answer.error().message(), HasSubstr("did not answer in 1m"));
}

TEST_F(HttpsClientTest, EndsAtOnceWhenItsCallerIsCancelled) {
  cancels_ = true;
  EXPECT_FALSE(get(url(), ""));
}

TEST_F(HttpsClientTest, SaysWhyANameCannotBeFound) {
  const auto unknown = get("https://none.test/");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message(), "none.test cannot be found: it has no address");
  const auto broken = get("https://broken.test/");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message(), StartsWith("broken.test cannot be found: "));
}

TEST_F(HttpsClientTest, SendsNoHeaderThatHoldsALineEnd) {
  HttpsRequest request;
  request.url = url();
  request.headers = {{"X-A", "b\r\nX-C: d"}};
  EXPECT_FALSE(fetch(std::move(request)));
}

TEST(MakeTrust, SaysWhatIsWrongWithAFile) {
  EXPECT_TRUE(make_trust(""));
  const auto trust = make_trust("/nowhere.pem");
  ASSERT_FALSE(trust);
  EXPECT_THAT(trust.error().message(), HasSubstr("\"/nowhere.pem\" holds no certificates"));
}

}  // namespace
}  // namespace posthaste
