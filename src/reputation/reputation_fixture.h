#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/dns/zone_text_resolver.h"
#include "platform/http/https_client.h"
#include "platform/io/task_group.h"
#include "reputation/oauth.h"

namespace posthaste {

// A request as a test's server sees it.
struct HeardRequest {
  std::string method;
  std::string target;
  std::string header;  // all lines
  std::string body;
};
struct GivenAnswer {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
};

// A client of the real kind, and an HTTP server on loopback that answers as the test says.
class ReputationHttpTest : public testing::Test {
 protected:
  using Handler = std::function<GivenAnswer(const HeardRequest&)>;

  ReputationHttpTest() {
    fetch = [this](HttpsRequest request) { return client_.fetch(std::move(request)); };
    tasks_.spawn(accept());
  }
  ~ReputationHttpTest() override {
    acceptor_.close();
    tasks_.cancel();
    run_until([this] { return tasks_.empty(); });
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  // Runs a coroutine to its end and gives what it returns.
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    std::optional<T> result;
    tasks_.spawn(keep(std::move(task), result));
    run_until([&] { return result.has_value(); });
    return std::move(result).value();
  }
  void run(boost::asio::awaitable<void> task) {
    bool is_done = false;
    tasks_.spawn(mark(std::move(task), is_done));
    run_until([&] { return is_done; });
  }

  ManualClock clock_;
  Handler handler_ = [](const HeardRequest&) { return GivenAnswer{500, "{}"}; };
  std::vector<HeardRequest> heard_;
  HttpFetch fetch;

 private:
  template <class T>
  static boost::asio::awaitable<void> keep(boost::asio::awaitable<T> task,
                                           std::optional<T>& result) {
    T value = co_await std::move(task);
    result.emplace(std::move(value));
  }
  static boost::asio::awaitable<void> mark(boost::asio::awaitable<void> task, bool& is_done) {
    co_await std::move(task);
    is_done = true;
  }
  void run_until(const std::function<bool()>& is_so) {
    for (int turn = 0; turn < 100'000 && !is_so(); ++turn) {
      loop_.restart();
      loop_.run_one();
    }
    ASSERT_TRUE(is_so());
  }
  boost::asio::awaitable<void> accept() {
    for (;;) {
      auto [ec, socket] =
          co_await acceptor_.async_accept(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (ec) co_return;
      tasks_.spawn(serve(std::move(socket)));
    }
  }
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket) {
    namespace asio = boost::asio;
    std::string text;
    auto [ec, length] = co_await asio::async_read_until(
        socket, asio::dynamic_buffer(text), "\r\n\r\n", asio::as_tuple(asio::use_awaitable));
    if (ec) co_return;
    HeardRequest heard;
    heard.header = text.substr(0, length);
    heard.body = text.substr(length);
    const std::size_t space = heard.header.find(' ');
    heard.method = heard.header.substr(0, space);
    heard.target = heard.header.substr(space + 1, heard.header.find(' ', space + 1) - space - 1);
    const std::size_t more = missing(heard);
    if (more > 0) {
      std::string rest(more, '\0');
      co_await asio::async_read(socket, asio::buffer(rest), asio::as_tuple(asio::use_awaitable));
      heard.body += rest;
    }
    const GivenAnswer given = handler_(heard);
    heard_.push_back(std::move(heard));
    const std::string answer =
        "HTTP/1.1 " + std::to_string(given.status) + " X\r\nContent-Type: " + given.content_type +
        "\r\nConnection: close\r\nContent-Length: " + std::to_string(given.body.size()) +
        "\r\n\r\n" + given.body;
    co_await asio::async_write(socket, asio::buffer(answer), asio::as_tuple(asio::use_awaitable));
  }
  static std::size_t missing(const HeardRequest& heard) {
    const std::string name = "Content-Length: ";
    const std::size_t at = heard.header.find(name);
    if (at == std::string::npos) return 0;
    return std::stoul(heard.header.substr(at + name.size())) - heard.body.size();
  }

  boost::asio::io_context loop_;
  TaskGroup tasks_{loop_.get_executor()};
  boost::asio::ip::tcp::acceptor acceptor_{loop_, {boost::asio::ip::address_v4::loopback(), 0}};
  ZoneTextResolver resolver_{""};
  boost::asio::ssl::context trust_{boost::asio::ssl::context::tls_client};
  HttpsClient client_{resolver_, clock_, trust_};
};

// A new RSA key and its PEM.
struct TestRsaKey {
  TestRsaKey() : key(EVP_RSA_gen(2048)) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio, &text);
    pem.assign(text, static_cast<std::size_t>(length));
    BIO_free(bio);
  }
  TestRsaKey(const TestRsaKey&) = delete;
  TestRsaKey& operator=(const TestRsaKey&) = delete;
  ~TestRsaKey() { EVP_PKEY_free(key); }

  EVP_PKEY* key;
  std::string pem;
};

}  // namespace posthaste
