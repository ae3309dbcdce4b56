#include "sink/sink.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>

#include "platform/io/deadline.h"
#include "platform/io/task_group.h"
#include "platform/io/tcp_stream.h"
#include "sink/sink_http.h"
#include "sink/sink_session.h"

namespace posthaste {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kBuffer = 65536;
// How long to wait when a connection cannot be taken for want of file descriptors.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

boost::system::error_code listen_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  const int on = 1;
  if (!ec && ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) {
    ec.assign(errno, boost::system::system_category());
  }
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(tcp::acceptor::max_listen_connections, ec);
  return ec;
}

// With SO_REUSEPORT a second sink would take half of our connections unnoticed.
boost::system::error_code check_is_free(const asio::any_io_executor& loop,
                                        const tcp::endpoint& endpoint) {
  boost::system::error_code ec;
  tcp::acceptor probe(loop);
  probe.open(endpoint.protocol(), ec);
  if (!ec) probe.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) probe.bind(endpoint, ec);
  return ec;
}

}  // namespace

// The listening socket of one loop, its connections and their counts.
class Sink::Acceptor {
 public:
  Acceptor(asio::any_io_executor loop, SinkState& state, asio::ssl::context* tls)
      : socket_(loop), tasks_(loop), state_(state), tls_(tls) {}

  tcp::acceptor& socket() { return socket_; }
  Guarded<SinkCounts>& counts() { return counts_; }

  void start() {
    asio::post(tasks_.executor(), [this] { tasks_.spawn(accept()); });
  }
  void stop() {
    asio::post(tasks_.executor(), [this] {
      is_stopping_ = true;
      boost::system::error_code ignored;
      socket_.close(ignored);
      tasks_.cancel();
    });
  }

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(tcp::socket socket);
  asio::awaitable<void> converse(TcpStream& stream, SinkSession& session, Deadline& deadline);

  tcp::acceptor socket_;
  TaskGroup tasks_;
  SinkState& state_;
  asio::ssl::context* tls_;
  Guarded<SinkCounts> counts_;
  bool is_stopping_ = false;
};

asio::awaitable<void> Sink::Acceptor::accept() {
  while (!is_stopping_) {
    auto [ec, socket] = co_await socket_.async_accept(kAwait);
    if (is_stopping_ || ec == asio::error::operation_aborted) co_return;
    if (!ec) {
      tasks_.spawn(serve(std::move(socket)));
    } else {
      co_await state_.clock.sleep_until(state_.clock.now() + kAcceptPause);
    }
  }
}

asio::awaitable<void> Sink::Acceptor::serve(tcp::socket socket) {
  TcpStream stream(std::move(socket));
  SinkSession session(state_, counts_, stream.peer().address);
  Deadline deadline(tasks_, state_.clock, [&stream] { stream.close(); });
  co_await converse(stream, session, deadline);
}

asio::awaitable<void> Sink::Acceptor::converse(TcpStream& stream, SinkSession& session,
                                               Deadline& deadline) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBuffer);
  std::size_t size = 0;
  bool is_hanging = false;
  while (!is_stopping_) {
    SinkStep step;
    std::string_view input(buffer.get(), size);
    if (!is_hanging) step = session.feed(input);
    if (!input.empty() && input.size() < size) {
      std::memmove(buffer.get(), input.data(), input.size());
    }
    size = is_hanging ? 0 : input.size();
    // RFC 5321 §4.5.3.2.7
    deadline.set(std::chrono::minutes(5), "RFC 5321 §4.5.3.2.7");
    if (!session.output().empty()) {
      const std::array data{asio::const_buffer(asio::buffer(session.output()))};
      const IoResult written = co_await stream.write(data);
      if (written.ec) co_return;
      session.output().clear();
    }
    if (step.kind == SinkStep::close) co_return;
    if (step.kind == SinkStep::hang) is_hanging = true;
    if (step.kind == SinkStep::pause) {
      deadline.clear();
      co_await state_.clock.sleep_until(state_.clock.now() + step.delay);
      continue;
    }
    if (step.kind == SinkStep::start_tls) {
      const IoResult shaken = co_await stream.handshake_server(*tls_);
      if (shaken.ec) co_return;
      session.on_tls();
      size = 0;
    }
    // A client that waits for us without end is what `hang` is there to see.
    if (is_hanging) deadline.clear();
    const IoResult read =
        co_await stream.read_some(asio::mutable_buffer(buffer.get() + size, kBuffer - size));
    if (read.ec) co_return;
    size += read.count;
  }
}

Sink::Sink(SinkOptions options, Clock& clock)
    : state_(clock, options.seed, std::move(options.persona)),
      tls_(std::move(options.tls)),
      loops_(options.threads) {
  state_.has_tls = tls_ != nullptr;
}

Sink::~Sink() {
  stop();
}

Result<std::unique_ptr<Sink>> Sink::start(SinkOptions options, Clock& clock) {
  const SinkOptions wanted = options;
  auto sink = std::unique_ptr<Sink>(new Sink(std::move(options), clock));
  const Result<void> opened = sink->open(wanted);
  if (!opened) return opened.error();
  return sink;
}

Result<void> Sink::open(const SinkOptions& options) {
  if (options.keep) {
    auto folder = MessageFolder::open(*options.keep);
    if (!folder) return folder.error();
    state_.keep.emplace(std::move(*folder));
  }
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(options.listen.address, ec);
  tcp::endpoint endpoint(address, options.listen.port);
  if (!ec && endpoint.port() != 0) ec = check_is_free(loops_.loop(0).executor(), endpoint);
  for (std::size_t i = 0; i < loops_.size() && !ec; ++i) {
    acceptors_.push_back(std::make_unique<Acceptor>(loops_.loop(i).executor(), state_, tls_.get()));
    ec = listen_on(acceptors_.back()->socket(), endpoint);
    if (!ec) endpoint = acceptors_.back()->socket().local_endpoint(ec);
  }
  if (ec) {
    return Error{ec, "cannot listen on " + options.listen.address + " port " +
                         std::to_string(options.listen.port) + " (" + ec.message() +
                         "): choose another address"};
  }
  smtp_ = {endpoint.address().to_string(), endpoint.port()};
  if (options.http) {
    http_ = std::make_unique<SinkHttp>(http_loop_.executor(), *this, state_.clock);
    const Result<void> opened = http_->open(*options.http);
    if (!opened) return opened.error();
    asio::post(http_loop_.executor(), [this] { http_->start(); });
  }
  for (const auto& acceptor : acceptors_) acceptor->start();
  return {};
}

std::optional<Endpoint> Sink::http() const {
  if (!http_) return std::nullopt;
  return http_->local();
}

SinkCounts Sink::counts() const {
  SinkCounts sum;
  for (const auto& acceptor : acceptors_) {
    acceptor->counts().with([&](const SinkCounts& counts) { sum += counts; });
  }
  return sum;
}

void Sink::reset() {
  for (const auto& acceptor : acceptors_) {
    acceptor->counts().with([](SinkCounts& counts) { counts.clear(); });
  }
  state_.ids.clear();
}

void Sink::stop() {
  if (is_stopped_) return;
  is_stopped_ = true;
  if (http_) asio::post(http_loop_.executor(), [this] { http_->stop(); });
  for (const auto& acceptor : acceptors_) acceptor->stop();
  // A loop ends when the last of its connections has.
  loops_.join();
  http_loop_.join();
}

}  // namespace posthaste
