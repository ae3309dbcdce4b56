#include "platform/http/http_server.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
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
// What is still read from a client whose request was refused half-read: closing at once would
// reset the connection, and the client would not see the answer.
constexpr std::size_t kMaxDrained = 1 << 20;
constexpr auto kDrain = std::chrono::seconds(2);

using Parser = http::request_parser<http::string_body>;

// Path and query of a request; false when they are malformed.
bool read_target(std::string_view target, HttpRequest& request) {
  const auto url = boost::urls::parse_origin_form(target);
  if (!url) return false;
  request.path = url->path();
  for (const auto& param : url->params()) request.query[param.key] = param.value;
  return true;
}

HttpResponse too_large() {
  return HttpResponse::failure(413, "the request is too large: send less at one time");
}

// What to say to a request that cannot be read; nothing when the connection has ended.
std::optional<HttpResponse> answer_to(const boost::system::error_code& error) {
  if (error == http::error::header_limit) {
    return HttpResponse::failure(431, "the request's header is too large: send less of it");
  }
  if (error == http::error::body_limit) {
    return too_large();
  }
  const bool is_of_http =
      error.category() == http::make_error_code(http::error::bad_version).category();
  if (!is_of_http || error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  return HttpResponse::failure(400, "this is no HTTP/1.1 request: " + error.message());
}

}  // namespace

class HttpServer::Connection {
 public:
  Connection(tcp::socket socket, HttpServer& server)
      : socket_(std::move(socket)),
        server_(server),
        deadline_(server.tasks_, server.clock_, [this] { close(); }) {
    boost::system::error_code ec;
    const auto peer = socket_.remote_endpoint(ec);
    is_on_loopback_ = !ec && peer.address().is_loopback();
    socket_.set_option(tcp::no_delay(true), ec);
  }

  // Ends the connection when no request is under way.
  void stop() {
    if (is_idle_) close();
  }

  // One request and its answer; false: there will be no other.
  asio::awaitable<bool> turn();

 private:
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  HttpCaller caller_of(const Parser& parser) const;
  // Decides by the header alone. A refusal, or the request without its body and its handler; for
  // an open route with a lower limit for the body.
  std::optional<HttpResponse> judge(Parser& parser, HttpRequest& request,
                                    const HttpHandler*& handler) const;
  asio::awaitable<bool> read_body(Parser& parser);
  asio::awaitable<bool> send(const Parser& parser, HttpResponse response, bool keeps_alive);
  asio::awaitable<bool> send_pieces(HttpResponse response, bool is_chunked);
  asio::awaitable<void> drain();

  tcp::socket socket_;
  HttpServer& server_;
  Deadline deadline_;
  boost::beast::flat_buffer buffer_;
  bool is_on_loopback_ = false;
  bool is_idle_ = true;
};

HttpCaller HttpServer::Connection::caller_of(const Parser& parser) const {
  const auto& header = parser.get();
  HttpCaller caller;
  caller.is_on_loopback = is_on_loopback_;
  if (header.count(http::field::host) > 0) caller.host = header[http::field::host];
  caller.authorization = header[http::field::authorization];
  caller.origin = header[http::field::origin];
  caller.is_forwarded = header.count("Forwarded") > 0 || header.count("X-Forwarded-For") > 0 ||
                        header.count("X-Real-IP") > 0 || header.count(http::field::via) > 0;
  return caller;
}

std::optional<HttpResponse> HttpServer::Connection::judge(Parser& parser, HttpRequest& request,
                                                          const HttpHandler*& handler) const {
  const auto& header = parser.get();
  if (!read_target(std::string_view(header.target().data(), header.target().size()), request)) {
    return HttpResponse::failure(400, "the request's target is malformed");
  }
  request.method = header.method_string();
  // RFC 9110 §9.3.2
  const bool is_head = header.method() == http::verb::head;
  HttpRouter::Match match = server_.router_.match(is_head ? "GET" : request.method, request.path);
  if (match.access == HttpRouter::Access::keyed) {
    if (auto refusal = server_.gate_.refuse(caller_of(parser))) return refusal;
  }
  if (match.handler == nullptr) {
    return match.is_other_method
               ? HttpResponse::failure(405, "this resource has no " + request.method)
               : HttpResponse::failure(404, "there is no " + request.path);
  }
  if (match.access == HttpRouter::Access::open) {
    const std::uint64_t most = std::min(HttpRouter::kMaxOpenBody, server_.options_.max_request);
    const auto length = parser.content_length();
    if (length && *length > most) return too_large();
    parser.body_limit(most);  // of a body in chunks
  }
  request.params = std::move(match.params);
  handler = match.handler;
  return std::nullopt;
}

asio::awaitable<bool> HttpServer::Connection::turn() {
  Parser parser;
  parser.header_limit(kMaxHeader);
  parser.body_limit(server_.options_.max_request);
  is_idle_ = buffer_.size() == 0;
  deadline_.set(is_idle_ ? server_.options_.idle_timeout : server_.options_.request_timeout,
                "request");
  auto [error, count] = co_await http::async_read_header(socket_, buffer_, parser, kAwait);
  is_idle_ = false;
  deadline_.set(server_.options_.request_timeout, "request");
  HttpRequest request;
  const HttpHandler* handler = nullptr;
  std::optional<HttpResponse> response;
  if (error) {
    response = answer_to(error);
    if (!response) co_return false;
  } else {
    response = judge(parser, request, handler);
  }
  if (!response) {
    const bool is_read = co_await read_body(parser);
    if (!is_read) co_return false;
    if (parser.is_done()) {
      request.body = std::move(parser.get().body());
      deadline_.set(server_.options_.request_timeout, "response");
      response = co_await (*handler)(std::move(request));
    } else {
      response = too_large();
    }
  }
  const bool keeps_alive = parser.is_done() && parser.get().keep_alive() && !server_.is_stopping_;
  const bool is_sent = co_await send(parser, std::move(*response), keeps_alive);
  if (is_sent && !parser.is_done()) co_await drain();
  co_return is_sent&& keeps_alive;
}

// True with the parser not done: the body is larger than it may be.
asio::awaitable<bool> HttpServer::Connection::read_body(Parser& parser) {
  // RFC 9110 §10.1.1
  if (boost::beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(socket_, asio::buffer(kContinue), kAwait);
  }
  if (parser.is_done()) co_return true;
  auto [error, count] = co_await http::async_read(socket_, buffer_, parser, kAwait);
  co_return !error || error == http::error::body_limit;
}

asio::awaitable<bool> HttpServer::Connection::send(const Parser& parser, HttpResponse response,
                                                   bool keeps_alive) {
  const bool is_head = parser.is_header_done() && parser.get().method() == http::verb::head;
  const bool is_chunked = response.more && parser.get().version() >= 11;
  http::response<http::empty_body> header(http::int_to_status(response.status), 11);
  header.set(http::field::content_type, response.content_type);
  header.set(http::field::cache_control, "no-store");
  header.set("X-Content-Type-Options", "nosniff");
  // RFC 9110 §11.6.1
  if (response.status == 401) header.set(http::field::www_authenticate, "Bearer");
  if (is_chunked) {
    header.chunked(true);
  } else if (!response.more) {
    header.content_length(response.body.size());
  }
  // To HTTP/1.0 the end of the connection is the end of a body in pieces (RFC 9112 §6.3).
  const bool ends = !keeps_alive || (response.more && !is_chunked);
  header.keep_alive(!ends);
  http::response_serializer<http::empty_body> serializer(header);
  deadline_.set(server_.options_.request_timeout, "response");
  auto [error, count] = co_await http::async_write_header(socket_, serializer, kAwait);
  if (error) co_return false;
  bool is_sent = true;
  if (is_head) co_return !ends;
  if (response.more) {
    is_sent = co_await send_pieces(std::move(response), is_chunked);
  } else if (!response.body.empty()) {
    auto [body_error, written] =
        co_await asio::async_write(socket_, asio::buffer(response.body), kAwait);
    is_sent = !body_error;
  }
  if (ends && parser.is_done()) {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
  }
  co_return is_sent;
}

asio::awaitable<bool> HttpServer::Connection::send_pieces(HttpResponse response, bool is_chunked) {
  std::string piece = std::move(response.body);
  bool has_more = true;
  while (has_more) {
    // An empty chunk would be the end.
    if (!piece.empty()) {
      deadline_.set(server_.options_.request_timeout, "response");
      boost::system::error_code error;
      if (is_chunked) {
        const auto chunk = http::make_chunk(asio::buffer(piece));
        std::tie(error, std::ignore) = co_await asio::async_write(socket_, chunk, kAwait);
      } else {
        std::tie(error, std::ignore) =
            co_await asio::async_write(socket_, asio::buffer(piece), kAwait);
      }
      if (error) co_return false;
    }
    piece = co_await response.more();
    has_more = !piece.empty();
  }
  if (!is_chunked) co_return true;
  auto [error, count] = co_await asio::async_write(socket_, http::make_chunk_last(), kAwait);
  co_return !error;
}

asio::awaitable<void> HttpServer::Connection::drain() {
  boost::system::error_code ec;
  socket_.shutdown(tcp::socket::shutdown_send, ec);
  deadline_.set(kDrain, "end of the request");
  std::array<char, 16 * 1024> rest;
  std::size_t drained = 0;
  while (!ec && drained < kMaxDrained) {
    auto [error, count] = co_await socket_.async_read_some(asio::buffer(rest), kAwait);
    ec = error;
    drained += count;
  }
}

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
      gate_(options_.keys),
      acceptor_(tasks.executor()) {}

void HttpServer::start() {
  tasks_.spawn(accept());
}

void HttpServer::stop() {
  is_stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& one : open_) {
    if (const auto connection = one.lock()) connection->stop();
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
    auto connection = std::make_shared<Connection>(std::move(socket), *this);
    open_.push_back(connection);
    tasks_.spawn(serve(std::move(connection)));
  }
}

asio::awaitable<void> HttpServer::serve(std::shared_ptr<Connection> connection) {
  bool goes_on = true;
  while (goes_on) goes_on = co_await connection->turn();
}

}  // namespace posthaste
