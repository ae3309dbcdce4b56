#include "platform/http/http_client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <utility>

namespace posthaste {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

HttpClient::HttpClient(std::string base_url, std::string key, std::chrono::seconds timeout)
    : base_url_(std::move(base_url)), key_(std::move(key)), timeout_(timeout) {}

Result<HttpClient::Answer> HttpClient::request(const std::string& method, const std::string& target,
                                               const std::string& body) const {
  const auto url = boost::urls::parse_uri(base_url_);
  if (!url || url->scheme() != "http" || url->host().empty()) {
    return Error{make_error_code(boost::system::errc::invalid_argument),
                 "\"" + base_url_ + "\" is no address of an API: write http://HOST:PORT"};
  }
  const std::string port = url->has_port() ? std::string(url->port()) : "80";
  const Error unreachable{asio::error::host_unreachable,
                          base_url_ +
                              " cannot be reached: is the server running, and is this its "
                              "http listener?"};
  asio::io_context context;
  boost::system::error_code ec;
  const auto endpoints = tcp::resolver(context).resolve(std::string(url->host_address()), port, ec);
  if (ec) return unreachable;
  tcp::socket socket(context);
  asio::connect(socket, endpoints, ec);
  if (ec) return unreachable;
  const timeval limit{timeout_.count(), 0};
  setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);

  http::request<http::string_body> request(http::string_to_verb(method), target, 11);
  request.set(http::field::host, url->encoded_host_and_port());
  if (!key_.empty()) request.set(http::field::authorization, "Bearer " + key_);
  request.keep_alive(false);
  request.body() = body;
  request.prepare_payload();
  http::write(socket, request, ec);
  if (ec) return Error{ec, base_url_ + ": " + ec.message()};
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  http::read(socket, buffer, parser, ec);
  if (ec) return Error{ec, base_url_ + " did not answer: " + ec.message()};
  return Answer{parser.get().result_int(), std::move(parser.get().body())};
}

std::string url_encode(const std::string& text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

}  // namespace posthaste
