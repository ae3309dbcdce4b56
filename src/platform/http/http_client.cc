#include "platform/http/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::uint64_t kMaxAnswer = 1ULL << 30;

// Takes what an operation of Asio ends with, and keeps its error.
struct Outcome {
  boost::system::error_code& error;

  template <class... Rest>
  void operator()(boost::system::error_code ec, Rest&&...) const {
    error = ec;
  }
};

// One connection, one request. It runs on a loop of its own, because only there can an operation
// be ended by the clock.
class Exchange {
 public:
  explicit Exchange(std::chrono::seconds timeout) { stream_.expires_after(timeout); }

  boost::system::error_code connect(const std::string& host, const std::string& port) {
    boost::system::error_code ec;
    const auto endpoints = tcp::resolver(context_).resolve(host, port, ec);
    if (ec) return ec;
    stream_.async_connect(endpoints, Outcome{ec});
    return run(ec);
  }

  boost::system::error_code write(const http::request<http::string_body>& request) {
    boost::system::error_code ec;
    http::async_write(stream_, request, Outcome{ec});
    return run(ec);
  }

  boost::system::error_code read(http::response_parser<http::string_body>& parser) {
    boost::system::error_code ec;
    http::async_read(stream_, buffer_, parser, Outcome{ec});
    return run(ec);
  }

 private:
  // Until the operation under way has ended; `ec` is where it puts its error.
  boost::system::error_code run(const boost::system::error_code& ec) {
    context_.restart();
    context_.run();
    return ec;
  }

  asio::io_context context_{1};
  beast::tcp_stream stream_{context_};
  beast::flat_buffer buffer_;
};

}  // namespace

HttpClient::HttpClient(std::string base_url, std::string key, std::chrono::seconds timeout)
    : base_url_(std::move(base_url)), key_(std::move(key)), timeout_(timeout) {}

Result<HttpClient::Answer> HttpClient::request(const std::string& method, const std::string& target,
                                               const std::string& body) const {
  const auto url = boost::urls::parse_uri(base_url_);
  if (!url || url->scheme() != "http" || url->host_address().empty()) {
    return Error{make_error_code(boost::system::errc::invalid_argument),
                 "\"" + base_url_ + "\" is no address of an API: write http://HOST:PORT"};
  }
  std::string folder(url->encoded_path());
  while (folder.ends_with('/')) folder.pop_back();

  http::request<http::string_body> request(http::string_to_verb(method), folder + target, 11);
  request.set(http::field::host, url->encoded_host_and_port());
  if (!key_.empty()) request.set(http::field::authorization, "Bearer " + key_);
  request.keep_alive(false);
  request.body() = body;
  request.prepare_payload();

  Exchange exchange(timeout_);
  if (exchange.connect(url->host_address(), url->has_port() ? std::string(url->port()) : "80")) {
    return Error{asio::error::host_unreachable,
                 base_url_ +
                     " cannot be reached: start the server, with a listener of protocol = http "
                     "at this address"};
  }
  if (const auto ec = exchange.write(request)) return Error{ec, base_url_ + ": " + ec.message()};
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswer);
  if (const auto ec = exchange.read(parser)) {
    return Error{ec, base_url_ + " did not answer: " + ec.message()};
  }
  return Answer{parser.get().result_int(), std::move(parser.get().body())};
}

std::string url_encode(const std::string& text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

}  // namespace posthaste
