#include "platform/http/http_server.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <optional>
#include <utility>

#include "platform/io/deadline.h"

namespace posthaste {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxHeader = 16 * 1024;

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// A name that DNS cannot point elsewhere: localhost, or an address.
bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  if (host.empty() || host == "localhost") return true;
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(std::string(host), ec);
  return !ec && address.is_loopback();
}

// Path and query of a request; nothing when they are malformed.
bool read_target(std::string_view target, HttpRequest& request) {
  const auto url = boost::urls::parse_origin_form(target);
  if (!url) return false;
  request.path = url->path();
  for (const auto& param : url->params()) request.query[param.key] = param.value;
  return true;
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(TaskGroup& tasks, Clock& clock,
                                                     HttpServerOptions options,
                                                     const HttpRouter& router) {
  std::unique_ptr<HttpServer> server(new HttpServer(tasks, clock, std::move(options), router));
  const HttpServerOptions& opts = server->options_;
  const std::string where = opts.address + ":" + std::to_string(opts.port);
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(opts.address, ec);
  if (ec) return Error{ec, where + ": \"" + opts.address + "\" is no IP address"};
  const tcp::endpoint endpoint(address, opts.port);
  tcp::acceptor& acceptor = server->acceptor_;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return Error{ec, "cannot listen on " + where + ": " + ec.message()};
  const auto bound = acceptor.local_endpoint(ec);
  server->address_ = {bound.address().to_string(), bound.port()};
  return server;
}

HttpServer::HttpServer(TaskGroup& tasks, Clock& clock, HttpServerOptions options,
                       const HttpRouter& router)
    : tasks_(tasks),
      clock_(clock),
      options_(std::move(options)),
      router_(router),
      acceptor_(tasks.executor()) {}

void HttpServer::start() {
  tasks_.spawn(accept());
}

void HttpServer::stop() {
  is_stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& one : open_) {
    if (const auto socket = one.lock()) socket->close(ignored);
  }
}

asio::awaitable<void> HttpServer::accept() {
  while (!is_stopping_) {
    auto [ec, socket] = co_await acceptor_.async_accept(kAwait);
    if (is_stopping_) co_return;
    if (ec) {
      // Out of descriptors, most likely: the pause lets some come back.
      co_await clock_.sleep_until(clock_.now() + std::chrono::milliseconds(100));
      continue;
    }
    open_.remove_if([](const auto& one) { return one.expired(); });
    if (open_.size() >= options_.max_connections) continue;
    auto shared = std::make_shared<Socket>(std::move(socket));
    open_.push_back(shared);
    tasks_.spawn(serve(shared));
  }
}

asio::awaitable<void> HttpServer::serve(std::shared_ptr<Socket> socket) {
  boost::system::error_code ec;
  const auto peer = socket->remote_endpoint(ec);
  if (ec) co_return;
  socket->set_option(tcp::no_delay(true), ec);
  auto close = [socket] {
    boost::system::error_code ignored;
    socket->close(ignored);
  };
  Deadline deadline(tasks_, clock_, close);
  boost::beast::flat_buffer buffer;
  bool keeps_alive = true;
  while (keeps_alive && !is_stopping_) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kMaxHeader);
    parser.body_limit(options_.max_request);
    deadline.set(buffer.size() == 0 ? options_.idle_timeout : options_.request_timeout, "request");
    auto [read_error, read] = co_await http::async_read(*socket, buffer, parser, kAwait);
    HttpResponse response;
    if (read_error == http::error::header_limit || read_error == http::error::body_limit) {
      response = HttpResponse::failure(413, "the request is too large: send less at one time");
      keeps_alive = false;
    } else if (read_error == http::error::end_of_stream || !parser.is_header_done()) {
      co_return;
    } else if (read_error) {
      co_return;
    } else {
      auto request = parser.release();
      keeps_alive = request.keep_alive();
      deadline.set(options_.request_timeout, "response");
      HttpRequest parsed;
      parsed.body = std::move(request.body());
      parsed.method = request.method_string();
      Caller caller;
      caller.is_loopback = peer.address().is_loopback();
      caller.host = request[http::field::host];
      caller.authorization = request[http::field::authorization];
      std::string target(request.target());
      response = co_await answer(std::move(target), std::move(parsed), std::move(caller));
    }
    http::response<http::string_body> message(http::int_to_status(response.status), 11);
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    message.keep_alive(keeps_alive);
    message.body() = std::move(response.body);
    message.prepare_payload();
    deadline.set(options_.request_timeout, "response");
    auto [write_error, written] = co_await http::async_write(*socket, message, kAwait);
    if (write_error) co_return;
  }
  socket->shutdown(tcp::socket::shutdown_both, ec);
}

asio::awaitable<HttpResponse> HttpServer::answer(std::string target, HttpRequest request,
                                                 Caller caller) {
  if (!read_target(target, request)) {
    co_return HttpResponse::failure(400, "the request's target is malformed");
  }
  HttpRouter::Match match = router_.match(request.method, request.path);
  const bool is_trusted = caller.is_loopback && is_loopback_host(caller.host);
  const bool is_allowed =
      is_trusted || has_key(caller.authorization) || match.access == HttpRouter::Access::open;
  if (!is_allowed) {
    co_return HttpResponse::failure(
        401,
        "a key is needed here: send \"Authorization: Bearer KEY\" with a key of an api_key block");
  }
  if (match.handler == nullptr) {
    co_return match.is_other_method
        ? HttpResponse::failure(405, "this resource has no " + request.method)
        : HttpResponse::failure(404, "there is no " + request.path);
  }
  request.params = std::move(match.params);
  co_return co_await (*match.handler)(std::move(request));
}

bool HttpServer::has_key(const std::string& authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = authorization;
  if (!given.starts_with(kScheme)) return false;
  bool found = false;
  for (const std::string& key : options_.keys) {
    found = is_same(given.substr(kScheme.size()), key) || found;
  }
  return found;
}

}  // namespace posthaste
