#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/io/tcp_stream.h"
#include "relay/relay_connection.h"
#include "relay/relay_fixture.h"

namespace posthaste {

// One side of a dialogue, by octets.
class Peer {
 public:
  explicit Peer(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}

  boost::asio::awaitable<void> say(std::string octets) {
    const std::array<boost::asio::const_buffer, 1> buffers{boost::asio::buffer(octets)};
    co_await stream_->write(buffers);
  }
  // Expects exactly these octets.
  boost::asio::awaitable<void> hear(std::string expected) {
    std::string heard(expected.size(), '\0');
    std::size_t filled = 0;
    while (filled < heard.size()) {
      const IoResult read = co_await stream_->read_some(
          boost::asio::buffer(heard.data() + filled, heard.size() - filled));
      if (read.ec) break;
      filled += read.count;
    }
    heard.resize(filled);
    EXPECT_EQ(heard, expected);
  }
  boost::asio::awaitable<void> hear_end() {
    std::array<char, 512> buffer{};
    const IoResult read = co_await stream_->read_some(boost::asio::buffer(buffer));
    EXPECT_TRUE(read.ec) << std::string(buffer.data(), read.count);
  }
  void close() { stream_->close(); }

 private:
  std::unique_ptr<Stream> stream_;
};

class SilentObserver final : public ReceptionObserver {
 public:
  void on_connection_opened(std::string_view) override {}
  void on_connection_closed(std::string_view) override {}
  void on_message_received(std::string_view, std::uint64_t) override {}
  void on_rejection(const Rejection&) override {}
};

// A client's connection on which nobody answers the end of TLS.
class MuteStream final : public Stream {
 public:
  MuteStream(std::unique_ptr<Stream> stream, ManualClock& clock)
      : stream_(std::move(stream)), clock_(clock) {}

  boost::asio::awaitable<IoResult> read_some(boost::asio::mutable_buffer into) override {
    return stream_->read_some(into);
  }
  boost::asio::awaitable<IoResult> write(std::span<const boost::asio::const_buffer> data) override {
    return stream_->write(data);
  }
  boost::asio::awaitable<IoResult> handshake_server(boost::asio::ssl::context& context) override {
    return stream_->handshake_server(context);
  }
  boost::asio::awaitable<HandshakeResult> handshake_client(boost::asio::ssl::context& context,
                                                           TlsClientOptions options) override {
    return stream_->handshake_client(context, std::move(options));
  }
  // Waits until it is closed; a minute passes.
  boost::asio::awaitable<void> shutdown() override {
    clock_.advance(std::chrono::minutes(1));
    std::array<char, 1> buffer{};
    const IoResult read = co_await stream_->read_some(boost::asio::buffer(buffer));
    EXPECT_TRUE(read.ec);
  }
  void close() override { stream_->close(); }
  const std::optional<TlsInfo>& tls() const override { return stream_->tls(); }
  Endpoint peer() const override { return stream_->peer(); }
  Endpoint local() const override { return stream_->local(); }

 private:
  std::unique_ptr<Stream> stream_;
  ManualClock& clock_;
};

// A relayed connection over loopback, between a client and a next server that a test plays.
class RelayStage {
 public:
  explicit RelayStage(ListenerConfig listener = {}) {
    const std::string host = listener.upstream ? listener.upstream->host : "127.0.0.1";
    listener.upstream =
        *RouteTarget::parse(host + ":" + std::to_string(upstream_.local_endpoint().port()));
    listener.upstream_tls = RouteTls::off;
    listener.headers = {"Subject"};
    settings_ = relay_settings(std::move(listener));
  }

  // Plays to the end of all, the connection's included.
  void run(boost::asio::awaitable<void> client) {
    group_.spawn(serve());
    group_.spawn(std::move(client));
    context_.run();
    EXPECT_TRUE(group_.empty());
  }
  void run(boost::asio::awaitable<void> client, boost::asio::awaitable<void> server) {
    group_.spawn(std::move(server));
    run(std::move(client));
  }

  boost::asio::awaitable<Peer> accept() {
    auto [ec, socket] = co_await upstream_.async_accept(kAwait);
    co_return Peer(std::make_unique<TcpStream>(std::move(socket)));
  }
  boost::asio::awaitable<Peer> connect() {
    ConnectOptions options;
    options.to = {"127.0.0.1", front_.local_endpoint().port()};
    auto stream = co_await connect_tcp(options, clock_);
    EXPECT_TRUE(stream);
    co_return Peer(*std::move(stream));
  }
  void close_upstream() { upstream_.close(); }
  void drain() { connection_->drain(); }

  bool is_writable = true;
  bool is_client_mute = false;
  std::vector<Event> events;
  Metrics metrics;

 private:
  static constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);
  using Acceptor = boost::asio::ip::tcp::acceptor;

  boost::asio::awaitable<void> serve() {
    auto [ec, socket] = co_await front_.async_accept(kAwait);
    std::unique_ptr<Stream> stream = std::make_unique<TcpStream>(std::move(socket));
    if (is_client_mute) stream = std::make_unique<MuteStream>(std::move(stream), clock_);
    AcceptedSocket accepted{std::move(stream), settings_, counter_, group_};
    const RelayServices services{clock_, tls_, journal_, observer_};
    connection_ = std::make_shared<RelayConnection>(std::move(accepted), services);
    co_await connection_->run(connection_, SmtpSession::Opening::silent);
    connection_.reset();
  }

  boost::asio::io_context context_;
  ManualClock clock_;
  Acceptor front_{context_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  Acceptor upstream_{context_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  ClientTls tls_{clock_};
  SilentObserver observer_;
  ConnectionCounter counter_;
  RelayJournal journal_{clock_,
                        metrics,
                        {[this] { return is_writable; },
                         [this](std::vector<Event> told, const std::function<void()>& applied) {
                           for (Event& event : told) events.push_back(std::move(event));
                           applied();
                         }}};
  std::shared_ptr<SessionSettings> settings_;
  TaskGroup group_{context_.get_executor()};
  std::shared_ptr<RelayConnection> connection_;
};

}  // namespace posthaste
