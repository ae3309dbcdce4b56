#include "platform/http/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <string>
#include <thread>

namespace posthaste {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

// A server that takes one connection, reads a request's header, and says what it is told to.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer, const char* address = "127.0.0.1")
      : acceptor_(context_, tcp::endpoint(asio::ip::make_address(address), 0)),
        answer_(std::move(answer)),
        thread_([this] { serve(); }) {}
  ~OneAnswer() {
    // Lets it go when nobody has called.
    boost::system::error_code ignored;
    tcp::socket(context_).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }

  std::string url(const std::string& host) const {
    return "http://" + host + ":" + std::to_string(acceptor_.local_endpoint().port());
  }
  // Of the request. Requires: there was one.
  std::string header() { return header_.get_future().get(); }

 private:
  void serve() {
    boost::system::error_code ec;
    tcp::socket socket = acceptor_.accept(ec);
    std::string request;
    asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", ec);
    header_.set_value(request);
    asio::write(socket, asio::buffer(answer_), ec);
    if (answer_.empty()) {
      char end = 0;
      socket.read_some(asio::buffer(&end, 1), ec);  // until the client has lost its patience
    }
  }

  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::string answer_;
  std::promise<std::string> header_;
  std::thread thread_;
};

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

TEST(HttpClient, ReturnsStatusAndBody) {
  OneAnswer server("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n");
  const auto answer = HttpClient(server.url("127.0.0.1"), "").request("GET", "/x");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 404U);
  EXPECT_EQ(answer->body, "no\n");
}

TEST(HttpClient, SendsKeyBodyAndThePathOfItsAddress) {
  OneAnswer server(kOk);
  const HttpClient client(server.url("localhost") + "/mail/", "secret");
  ASSERT_TRUE(client.request("POST", "/api/v1/x?a=b", "body"));
  const std::string header = server.header();
  EXPECT_THAT(header, HasSubstr("POST /mail/api/v1/x?a=b HTTP/1.1\r\n"));
  EXPECT_THAT(header, HasSubstr("Authorization: Bearer secret\r\n"));
  EXPECT_THAT(header, HasSubstr("Content-Length: 4\r\n"));
}

TEST(HttpClient, SpeaksToTheAddressThatItIsGiven) {
  OneAnswer server(kOk, "127.0.0.2");  // nobody listens at that port of 127.0.0.1
  const auto answer = HttpClient(server.url("127.0.0.2"), "").request("GET", "/");
  EXPECT_TRUE(answer) << answer.error().message();
}

TEST(HttpClient, TakesAnIPv6Address) {
  asio::io_context context;
  boost::system::error_code ec;
  tcp::acceptor probe(context);
  probe.open(tcp::v6(), ec);
  if (!ec) probe.bind(tcp::endpoint(asio::ip::address_v6::loopback(), 0), ec);
  if (ec) GTEST_SKIP() << "no IPv6 here";
  OneAnswer server(kOk, "::1");
  EXPECT_TRUE(HttpClient(server.url("[::1]"), "").request("GET", "/"));
  EXPECT_THAT(server.header(), HasSubstr("Host: [::1]:"));
}

TEST(HttpClient, ReadsAnAnswerInChunks) {
  OneAnswer server(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  const auto answer = HttpClient(server.url("127.0.0.1"), "").request("GET", "/");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "abc");
}

TEST(HttpClient, GivesUpOnAServerThatSaysNothing) {
  OneAnswer server("");
  const HttpClient client(server.url("127.0.0.1"), "", std::chrono::seconds(1));
  const auto answer = client.request("GET", "/");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("did not answer"));
}

TEST(HttpClient, ReportsAServerThatSpeaksNoHttp) {
  OneAnswer server("220 mx.example.com ESMTP\r\n");
  const auto answer = HttpClient(server.url("127.0.0.1"), "").request("GET", "/");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("did not answer"));
}

TEST(HttpClient, ReportsThatNobodyListens) {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::string url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  acceptor.close();
  const auto answer = HttpClient(url, "").request("GET", "/");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("cannot be reached"));
}

TEST(HttpClient, RefusesWhatIsNoAddressOfAnApi) {
  for (const char* url :
       {"", "127.0.0.1:8000", "https://127.0.0.1", "http://", "ftp://x", "http://a b"}) {
    const auto answer = HttpClient(url, "").request("GET", "/");
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code, boost::system::errc::invalid_argument) << url;
  }
}

TEST(UrlEncode, EncodesAllButUnreservedCharacters) {
  EXPECT_EQ(url_encode("a-b_c.d~e1"), "a-b_c.d~e1");
  EXPECT_EQ(url_encode("x/y?z&w=1 +\xc3\xbc"), "x%2Fy%3Fz%26w%3D1%20%2B%C3%BC");
}

}  // namespace
}  // namespace posthaste
