#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "accept/session_fixture.h"
#include "accept/smtp_listener.h"
#include "accept/test_certificate.h"
#include "platform/io/tcp_stream.h"

namespace posthaste {

// A listener on a free port of loopback, its clients, and the loop they all live on.
class TestServer {
 public:
  explicit TestServer(ListenerConfig config = {}, std::vector<UserConfig> users = {}) {
    config.name = "test";
    config.address = *SocketAddress::parse("127.0.0.1:0");
    if (config.tls != ListenerTls::off) {
      config.certificate = folder / "certificate.pem";
      config.key = folder / "key.pem";
      write_certificate(config.certificate, config.key);
    }
    settings = make_settings(std::move(config), users, "mx.example.com");
    auto opened = SmtpListener::open(settings, {context.get_executor()}, services());
    EXPECT_TRUE(opened) << opened.error().message();
    listener = *std::move(opened);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    if (!is_stopped) run(stop(Clock::duration::zero()));
    pool.join();
  }

  static std::shared_ptr<const SessionSettings> make_settings(ListenerConfig config,
                                                              const std::vector<UserConfig>& users,
                                                              std::string hostname) {
    auto credentials = CredentialSet::load(users);
    EXPECT_TRUE(credentials) << credentials.error().message();
    auto made = make_session_settings(
        std::move(config),
        {std::move(hostname), std::make_shared<CredentialSet>(*std::move(credentials)), nullptr});
    EXPECT_TRUE(made) << made.error().message();
    return *made;
  }

  ConnectionServices services() {
    return {clock, sink, reception, authenticator, budget, observer};
  }

  // Runs `story` to its end, moving time on whenever everybody waits for it.
  void run(boost::asio::awaitable<void> story) {
    TaskGroup group(context.get_executor());
    group.spawn(std::move(story));
    while (!group.empty()) {
      context.restart();
      if (context.run_one_for(std::chrono::milliseconds(50)) == 0 && moves_time) {
        clock.advance(std::chrono::seconds(10));
      }
    }
  }

  boost::asio::awaitable<void> stop(Clock::duration grace) {
    is_stopped = true;
    co_await listener->stop(grace);
  }

  boost::asio::io_context context;
  ManualClock clock;
  BlockingPool pool{1};
  TestFolder folder;
  FakeSink sink;
  RecordingObserver observer;
  ReceptionBudget budget{100'000'000};
  Reception reception{clock, sink};
  Authenticator authenticator{clock, pool};
  std::shared_ptr<const SessionSettings> settings;
  std::unique_ptr<SmtpListener> listener;
  bool is_stopped = false;
  bool moves_time = false;
};

// The other end of a connection.
class TestClient {
 public:
  explicit TestClient(TestServer& server) : server_(server) {}

  boost::asio::awaitable<bool> connect() {
    // Named: GCC 12 destroys a braced argument of an awaited call twice.
    ConnectOptions options;
    options.to = server_.listener->address();
    options.timeout = std::chrono::hours(10);
    auto stream = co_await connect_tcp(options, server_.clock);
    if (!stream) co_return false;
    stream_ = *std::move(stream);
    co_return true;
  }
  boost::asio::awaitable<void> send(std::string octets) {
    const std::array<boost::asio::const_buffer, 1> buffers = {boost::asio::buffer(octets)};
    co_await stream_->write(buffers);
  }
  // All that the server has to say to `line`.
  boost::asio::awaitable<std::string> say(std::string line) {
    co_await send(line + "\r\n");
    co_return co_await reply();
  }
  // One reply, of however many lines; "" when the connection is closed.
  boost::asio::awaitable<std::string> reply() {
    std::string said;
    while (true) {
      const auto end = received_.find("\r\n");
      if (end != std::string::npos) {
        const std::string line = received_.substr(0, end + 2);
        received_.erase(0, end + 2);
        said += line;
        if (line.size() < 4 || line[3] != '-') co_return said;
      } else {
        const bool has_more = co_await read_more();
        if (!has_more) co_return said;
      }
    }
  }
  // What one read gives.
  boost::asio::awaitable<std::string> read_once() {
    co_await read_more();
    co_return std::exchange(received_, std::string());
  }
  boost::asio::awaitable<bool> start_tls() {
    TlsClientOptions options;
    options.server_name = "localhost";
    const HandshakeResult shaken = co_await stream_->handshake_client(tls_, std::move(options));
    co_return !shaken.ec;
  }
  Stream& stream() { return *stream_; }

 private:
  boost::asio::awaitable<bool> read_more() {
    std::array<char, 8192> buffer{};
    const IoResult read = co_await stream_->read_some(boost::asio::buffer(buffer));
    received_.append(buffer.data(), read.count);
    co_return !read.ec;
  }

  TestServer& server_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
  std::unique_ptr<Stream> stream_;
  std::string received_;
};

}  // namespace posthaste
