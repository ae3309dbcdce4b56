#include "accept/smtp_listener.h"

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <functional>
#include <list>
#include <utility>

#include "accept/accept_error.h"
#include "platform/io/deadline.h"
#include "platform/io/task_group.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
// How long to wait when a connection cannot be taken for want of file descriptors.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

boost::system::error_code share_port(tcp::acceptor& acceptor) {
  const int on = 1;
  if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) {
    return {};
  }
  return {errno, boost::system::system_category()};
}

boost::system::error_code listen_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) ec = share_port(acceptor);
  if (!ec && endpoint.address().is_v6()) {
    // "[::]" beside "0.0.0.0" is two listeners, not a conflict.
    acceptor.set_option(asio::ip::v6_only(true), ec);
  }
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(tcp::acceptor::max_listen_connections, ec);
  return ec;
}

// With SO_REUSEPORT a second server would take half of our connections unnoticed; without it the
// system tells whether somebody listens already.
boost::system::error_code check_is_free(const asio::any_io_executor& loop,
                                        const tcp::endpoint& endpoint) {
  boost::system::error_code ec;
  tcp::acceptor probe(loop);
  probe.open(endpoint.protocol(), ec);
  if (!ec) probe.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && endpoint.address().is_v6()) probe.set_option(asio::ip::v6_only(true), ec);
  if (!ec) probe.bind(endpoint, ec);
  return ec;
}

}  // namespace

// The listening socket of one loop and the connections it took. Lives on that loop.
class SmtpListener::Acceptor {
 public:
  Acceptor(asio::any_io_executor loop, std::shared_ptr<const SessionSettings> settings,
           ConnectionCounter& counter, Clock& clock, MakeConnection make)
      : socket_(loop),
        settings_(std::move(settings)),
        counter_(counter),
        clock_(clock),
        make_(std::move(make)),
        sessions_(loop),
        closing_(loop) {}

  tcp::acceptor& socket() { return socket_; }
  const asio::any_io_executor& loop() const { return sessions_.executor(); }

  // The rest is called on the loop.
  void start() { sessions_.spawn(accept()); }
  void reload(std::shared_ptr<const SessionSettings> settings) { settings_ = std::move(settings); }
  void stop(Clock::duration grace, std::function<void()> on_stopped) {
    is_stopping_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    const auto connections = connections_;
    for (const auto& connection : connections) connection->drain();
    closing_.spawn(wait_for_sessions(grace, std::move(on_stopped)));
  }

 private:
  asio::awaitable<void> accept() {
    while (!is_stopping_) {
      auto [ec, socket] = co_await socket_.async_accept(kAwait);
      if (is_stopping_ || ec == asio::error::operation_aborted) co_return;
      if (!ec) {
        sessions_.spawn(serve(std::move(socket)));
      } else {
        co_await clock_.sleep_until(clock_.now() + kAcceptPause);
      }
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    const auto settings = settings_;
    const ListenerConfig& listener = settings->listener;
    if (listener.greeting_delay > Duration::zero()) {
      co_await clock_.sleep_until(clock_.now() + listener.greeting_delay);
    }
    if (is_stopping_) co_return;
    boost::system::error_code ec;
    const bool has_spoken = socket.available(ec) > 0;
    auto stream = std::make_unique<TcpStream>(std::move(socket));
    // A balancer's PROXY header is there before any greeting; the connection looks behind it.
    const bool is_early = has_spoken && !settings->proxy_from.contains(stream->peer().address);
    const auto opening =
        is_early ? SmtpSession::Opening::spoke_early : SmtpSession::Opening::silent;
    const auto connection = make_({std::move(stream), settings, counter_, sessions_});
    const auto self = connections_.insert(connections_.end(), connection);
    const Forget forget{connections_, self};
    co_await connection->run(connection, opening);
  }

  asio::awaitable<void> wait_for_sessions(Clock::duration grace, std::function<void()> on_stopped) {
    {
      Deadline deadline(closing_, clock_, [this] { sessions_.cancel(); });
      deadline.set(grace, "drain");
      co_await sessions_.join();
    }
    asio::post(loop(), [this, on_stopped = std::move(on_stopped)] { settle(on_stopped); });
  }

  // This coroutine and its deadline end in the loop's next turns; only then may we be destroyed.
  void settle(std::function<void()> on_stopped) {
    if (closing_.empty()) return on_stopped();
    asio::post(loop(), [this, on_stopped = std::move(on_stopped)] { settle(on_stopped); });
  }

  using Connections = std::list<std::shared_ptr<ListenerConnection>>;
  // Also when the session is cancelled.
  struct Forget {
    Connections& connections;
    Connections::iterator self;
    ~Forget() { connections.erase(self); }
  };

  tcp::acceptor socket_;
  std::shared_ptr<const SessionSettings> settings_;
  ConnectionCounter& counter_;
  Clock& clock_;
  MakeConnection make_;
  bool is_stopping_ = false;
  Connections connections_;
  TaskGroup sessions_;
  TaskGroup closing_;
};

SmtpListener::~SmtpListener() = default;

Result<std::unique_ptr<SmtpListener>> SmtpListener::open(
    std::shared_ptr<const SessionSettings> settings,
    const std::vector<asio::any_io_executor>& loops, ConnectionServices services) {
  return open(std::move(settings), loops, services.clock, [services](AcceptedSocket accepted) {
    return std::make_shared<SmtpConnection>(std::move(accepted), services);
  });
}

Result<std::unique_ptr<SmtpListener>> SmtpListener::open(
    std::shared_ptr<const SessionSettings> settings,
    const std::vector<asio::any_io_executor>& loops, Clock& clock, MakeConnection make) {
  const SocketAddress& where = settings->listener.address;
  tcp::endpoint endpoint(asio::ip::make_address(where.address()), where.port());
  auto listener = std::unique_ptr<SmtpListener>(new SmtpListener());
  boost::system::error_code ec;
  if (endpoint.port() != 0) ec = check_is_free(loops.front(), endpoint);
  for (std::size_t i = 0; i < loops.size() && !ec; ++i) {
    auto acceptor = std::make_unique<Acceptor>(loops[i], settings, listener->counter_, clock, make);
    ec = listen_on(acceptor->socket(), endpoint);
    if (!ec) endpoint = acceptor->socket().local_endpoint(ec);
    listener->acceptors_.push_back(std::move(acceptor));
  }
  if (ec) {
    return Error{AcceptError::cannot_listen, "listener \"" + settings->listener.name +
                                                 "\" cannot listen on " + where.to_string() + ": " +
                                                 ec.message()};
  }
  listener->address_ = {endpoint.address().to_string(), endpoint.port()};
  for (const auto& acceptor : listener->acceptors_) {
    asio::post(acceptor->loop(), [&acceptor = *acceptor] { acceptor.start(); });
  }
  return listener;
}

void SmtpListener::reload(std::shared_ptr<const SessionSettings> settings) {
  for (const auto& acceptor : acceptors_) {
    asio::post(acceptor->loop(), [&acceptor = *acceptor, settings] { acceptor.reload(settings); });
  }
}

asio::awaitable<void> SmtpListener::stop(Clock::duration grace) {
  const asio::any_io_executor caller = co_await asio::this_coro::executor;
  auto initiate = [this, caller, grace](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto left = std::make_shared<std::atomic<std::size_t>>(acceptors_.size());
    std::function<void()> on_stopped = [caller, shared, left] {
      if (--*left > 0) return;
      asio::post(caller, [shared] { std::move (*shared)(); });
    };
    for (const auto& acceptor : acceptors_) {
      asio::post(acceptor->loop(),
                 [&acceptor = *acceptor, grace, on_stopped] { acceptor.stop(grace, on_stopped); });
    }
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(initiate,
                                                                        asio::use_awaitable);
}

}  // namespace posthaste
