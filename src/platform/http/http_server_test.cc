#include "platform/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "platform/io/tcp_stream.h"

namespace posthaste {
namespace {

namespace asio = boost::asio;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* kKey = "0123456789abcdef";

asio::awaitable<HttpResponse> echo(HttpRequest request) {
  std::string text = request.method + " " + request.path;
  for (const auto& [name, value] : request.params) text += " {" + name + "=" + value + "}";
  for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
  co_return HttpResponse{200, text + " " + request.body, "text/plain"};
}

// Three pieces after the body; the second is large.
asio::awaitable<std::string> next_piece(std::shared_ptr<int> count) {
  const int number = ++*count;
  if (number > 3) co_return std::string();
  co_return number == 2 ? std::string(200'000, 'x') : std::to_string(number);
}

asio::awaitable<HttpResponse> pieces(HttpRequest) {
  auto count = std::make_shared<int>(0);
  HttpResponse response{200, "first,", "text/plain"};
  response.more = [count] { return next_piece(count); };
  co_return response;
}

// A server on a free port of loopback, and the loop that it and its clients live on.
class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    router_.add("GET", "/echo", echo);
    router_.add("POST", "/echo", echo);
    router_.add("GET", "/things/{id}/parts", echo);
    router_.add("GET", "/open", echo, HttpRouter::Access::open);
    router_.add("POST", "/open", echo, HttpRouter::Access::open);
    router_.add("GET", "/pieces", pieces);
    router_.add("GET", "/slow", [this](HttpRequest request) { return slow(std::move(request)); });
    options_.keys = {"another-key-of-ours", kKey};
    options_.max_request = 1000;
  }
  ~HttpServerTest() override {
    asio::post(context_, [this] {
      if (server_) server_->stop();
      tasks_.cancel();
    });
    run_until([this] { return tasks_.empty(); });
  }

  void start() {
    auto opened = HttpServer::open(tasks_, clock_, options_, router_);
    ASSERT_TRUE(opened) << opened.error().message();
    server_ = std::move(*opened);
    server_->start();
  }

  void run_until(const std::function<bool()>& is_done) {
    while (!is_done()) {
      context_.restart();
      if (context_.run_one_for(std::chrono::seconds(20)) == 0) FAIL() << "nothing happens";
    }
  }

  // Sends `text` and returns all that comes back until the server closes.
  std::string exchange(const std::string& text) {
    if (!server_) start();
    std::string answer;
    bool is_done = false;
    tasks_.spawn(talk(text, answer, is_done));
    run_until([&] { return is_done; });
    return answer;
  }
  std::string ask(const std::string& first_line, const std::string& fields = "") {
    return exchange(first_line + " HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nConnection: close\r\n" +
                    fields + "\r\n");
  }

  asio::awaitable<void> talk(std::string text, std::string& answer, bool& is_done) {
    ConnectOptions options;
    options.to = server_->address();
    auto stream = co_await connect_tcp(options, clock_);
    if (stream) {
      const std::array<asio::const_buffer, 1> buffers = {asio::buffer(text)};
      co_await (*stream)->write(buffers);
      co_await read_all(**stream, answer);
    }
    is_done = true;
  }
  static asio::awaitable<void> read_all(Stream& stream, std::string& into) {
    std::array<char, 8192> buffer{};
    bool goes_on = true;
    while (goes_on) {
      const IoResult read = co_await stream.read_some(asio::buffer(buffer));
      into.append(buffer.data(), read.count);
      goes_on = !read.ec;
    }
  }
  asio::awaitable<HttpResponse> slow(HttpRequest) {
    is_slow_under_way_ = true;
    co_await clock_.sleep_until(clock_.now() + std::chrono::seconds(10));
    co_return HttpResponse{200, "at last", "text/plain"};
  }

  asio::io_context context_{1};
  ManualClock clock_;
  TaskGroup tasks_{context_.get_executor()};
  HttpRouter router_;
  HttpServerOptions options_;
  std::unique_ptr<HttpServer> server_;
  bool is_slow_under_way_ = false;
};

TEST_F(HttpServerTest, TakesLittleFromStrangers) {
  options_.max_request = 100'000;
  const auto post = [](const std::string& fields, const std::string& body) {
    return "POST /open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields + "\r\n" +
           body;
  };
  const std::string most(8192, 'x');
  EXPECT_THAT(exchange(post("Content-Length: 8192\r\n", most)), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(exchange(post("Content-Length: 8193\r\n", most + "x")), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      exchange(post("Transfer-Encoding: chunked\r\n", "2001\r\n" + most + "x\r\n0\r\n\r\n")),
      StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, GivesPathQueryAndBodyToTheHandler) {
  const std::string answer = exchange(
      "POST /echo?a=1%262&b=%C3%BC&a=last HTTP/1.1\r\nHost: localhost\r\n"
      "Connection: close\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nPOST /echo a=last b=\xc3\xbc body"));
}

TEST_F(HttpServerTest, GivesTheSegmentsOfAPatternToTheHandler) {
  EXPECT_THAT(ask("GET /things/a%20b/parts"), EndsWith("{id=a b} "));
}

TEST_F(HttpServerTest, KeepsAConnectionForAnotherRequest) {
  const std::string answer = exchange(
      "GET /echo?n=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /echo?n=2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("GET /echo n=1 HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, EndsWith("GET /echo n=2 "));
}

TEST_F(HttpServerTest, SendsALongAnswerInChunks) {
  const std::string answer = ask("GET /pieces");
  EXPECT_THAT(answer, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_EQ(body, "6\r\nfirst,\r\n1\r\n1\r\n30d40\r\n" + std::string(200'000, 'x') +
                      "\r\n1\r\n3\r\n0\r\n\r\n");
}

TEST_F(HttpServerTest, SendsALongAnswerToAnOldClientUntilItCloses) {
  const std::string answer = exchange("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nfirst,1" + std::string(200'000, 'x') + "3"));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  const std::string answer = ask("HEAD /open");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, SaysWhatThereIsNotAndWhichMethodIsWrong) {
  EXPECT_THAT(ask("GET /nowhere"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask("GET /echo/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask("DELETE /echo"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask("GET /nowhere/%22%0d%0aX:"), HasSubstr(R"(there is no /nowhere/\"\r\nX:"})"));
}

TEST_F(HttpServerTest, RefusesAMalformedRequest) {
  EXPECT_THAT(exchange("EHLO example.com\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET /%zz"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET http://localhost/echo"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1x\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange(std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8)),
              StartsWith("HTTP/1.1 400 "))
      << "a TLS handshake";
}

TEST_F(HttpServerTest, RefusesARequestOfTwoLengths) {
  EXPECT_THAT(exchange("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                       "Content-Length: 5\r\n\r\nbody"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, RefusesAHeaderThatIsTooLarge) {
  EXPECT_THAT(ask("GET /echo", "X-Long: " + std::string(20'000, 'a') + "\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("GET /" + std::string(20'000, 'a')), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, RefusesABodyThatIsTooLarge) {
  EXPECT_THAT(ask("POST /echo", "Content-Length: 1001\r\n"), StartsWith("HTTP/1.1 413 "))
      << "before it is sent";
  const std::string chunk = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  EXPECT_THAT(
      exchange("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
               chunk + chunk + chunk),
      StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, TellsAClientThatAsksToSendItsBody) {
  const std::string answer = exchange(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      "Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, ClosesAConnectionThatSendsNothing) {
  start();
  std::string answer = "nothing yet";
  bool is_done = false;
  tasks_.spawn(talk("GET /echo HT", answer, is_done));
  while (!is_done) {
    context_.restart();
    if (context_.run_one_for(std::chrono::milliseconds(20)) == 0) {
      clock_.advance(std::chrono::seconds(10));
    }
  }
  EXPECT_EQ(answer, "nothing yet");
  EXPECT_LE(clock_.now() - ManualClock().now(), std::chrono::seconds(90));
}

TEST_F(HttpServerTest, AnswersWhatIsUnderWayWhenItStops) {
  start();
  std::string slow_answer;
  std::string idle_answer;
  bool is_slow_done = false;
  bool is_idle_done = false;
  tasks_.spawn(talk("GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", idle_answer, is_idle_done));
  run_until([&] { return idle_answer.ends_with("GET /echo "); });
  tasks_.spawn(talk("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n", slow_answer, is_slow_done));
  run_until([this] { return is_slow_under_way_; });
  asio::post(context_, [this] { server_->stop(); });
  run_until([&] { return is_idle_done; });
  EXPECT_FALSE(is_slow_done);
  clock_.advance(std::chrono::seconds(10));
  run_until([&] { return is_slow_done; });
  EXPECT_THAT(slow_answer, EndsWith("at last"));
  EXPECT_THAT(slow_answer, HasSubstr("Connection: close"));
  std::string refused;
  bool is_refused_done = false;
  tasks_.spawn(talk("GET /echo HTTP/1.1\r\n\r\n", refused, is_refused_done));
  run_until([&] { return is_refused_done; });
  EXPECT_THAT(refused, IsEmpty());
}

TEST_F(HttpServerTest, TakesSoManyConnectionsAndNoMore) {
  options_.max_connections = 1;
  start();
  std::string first;
  bool is_first_done = false;
  tasks_.spawn(talk("GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", first, is_first_done));
  run_until([&] { return first.ends_with("GET /echo "); });
  EXPECT_THAT(ask("GET /echo"), IsEmpty());
  EXPECT_FALSE(is_first_done);
  asio::post(context_, [this] { server_->stop(); });
  run_until([&] { return is_first_done; });
}

TEST_F(HttpServerTest, AsksAStrangePageOfTheBrowserForAKey) {
  EXPECT_THAT(
      exchange("GET /echo HTTP/1.1\r\nHost: rebound.example:8000\r\nConnection: close\r\n\r\n"),
      StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(ask("POST /echo", "Origin: https://evil.example\r\nContent-Length: 0\r\n"),
              StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(ask("GET /echo", std::string("Authorization: Bearer ") + kKey +
                                   "\r\nOrigin: https://grafana.example\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, ReadsNoBodyOfWhoMayNotAsk) {
  const std::string answer =
      exchange("POST /echo HTTP/1.1\r\nHost: rebound.example\r\nContent-Length: 900\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 ")) << "though the body never came";
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(HttpServerTest, AnswersWhatIsOpenToAnybody) {
  EXPECT_THAT(exchange("GET /open HTTP/1.1\r\nHost: mail.example.com\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  start();
  HttpServerOptions options = options_;
  options.port = server_->address().port;
  const auto taken = HttpServer::open(tasks_, clock_, options, router_);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("cannot listen on 127.0.0.1:"));
  options.address = "localhost";
  const auto unknown = HttpServer::open(tasks_, clock_, options, router_);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("is no IP address"));
}

}  // namespace
}  // namespace posthaste
