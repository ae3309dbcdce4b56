#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "deliver/dispatcher.h"
#include "platform/io/tcp_stream.h"
#include "queue/queue_fixture.h"

namespace posthaste {

// A server on a free port of loopback that takes mail by itself, over any number of connections.
class SmtpPeer {
 public:
  explicit SmtpPeer(TestLoop& loop)
      : loop_(loop),
        acceptor_(loop.context, {boost::asio::ip::address_v4::loopback(), 0}),
        tasks_(loop.context.get_executor()) {
    tasks_.spawn(listen());
  }
  SmtpPeer(const SmtpPeer&) = delete;
  SmtpPeer& operator=(const SmtpPeer&) = delete;
  ~SmtpPeer() {
    acceptor_.close();
    for (Session& session : sessions_) session.stream->close();
    EXPECT_TRUE(loop_.run_until([this] { return tasks_.empty(); }));
  }

  // As a route names it.
  RouteTarget target() const {
    return *RouteTarget::parse("127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()));
  }
  // What comes of a connection from here on: nobody is there any more.
  void stop_listening() { acceptor_.close(); }
  // Answers what was held, and holds no more.
  void release() {
    holds = false;
    for (Session& session : sessions_) {
      if (std::exchange(session.is_held, false)) tasks_.spawn(say(session, answer));
    }
  }
  void greet_those_who_wait() {
    for (Session& session : sessions_) {
      if (!std::exchange(session.is_greeted, true)) tasks_.spawn(say(session, "220 mx.test"));
    }
  }
  std::size_t held() const {
    return static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(),
                                                  [](const auto& one) { return one.is_held; }));
  }
  std::size_t open() const { return sessions_.size(); }

  // --- how it behaves
  // What the connection of this number, the first is 1, hears first; "": nothing.
  std::function<std::string(std::size_t)> greeting = [](std::size_t) { return "220 mx.test"; };
  std::string answer = "250 2.0.0 queued";  // to a message
  bool holds = false;                       // keeps messages without an answer

  // --- what it saw
  std::vector<std::string> taken;  // the recipients of messages, in order
  std::size_t connections = 0;
  std::size_t most_open = 0;

 private:
  struct Session {
    std::unique_ptr<TcpStream> stream;
    std::string recipient = {};
    bool is_greeted = false;
    bool is_held = false;
    bool is_in_data = false;
  };

  boost::asio::awaitable<void> listen() {
    while (acceptor_.is_open()) {
      auto [ec, socket] =
          co_await acceptor_.async_accept(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (ec) co_return;
      sessions_.push_back({std::make_unique<TcpStream>(std::move(socket))});
      ++connections;
      most_open = std::max(most_open, sessions_.size());
      tasks_.spawn(serve(std::prev(sessions_.end()), greeting(connections)));
    }
  }
  boost::asio::awaitable<void> say(Session& session, std::string line) {
    line += "\r\n";
    const std::array<boost::asio::const_buffer, 1> buffers{boost::asio::buffer(line)};
    co_await session.stream->write(buffers);
  }
  boost::asio::awaitable<void> serve(std::list<Session>::iterator session, std::string greeting) {
    if (!greeting.empty()) {
      session->is_greeted = true;
      co_await say(*session, greeting);
    }
    const bool is_welcome = greeting.empty() || greeting.starts_with("220");
    std::array<char, 4096> buffer;
    std::string unread;
    while (is_welcome) {
      const IoResult read = co_await session->stream->read_some(boost::asio::buffer(buffer));
      if (read.ec) break;
      unread.append(buffer.data(), read.count);
      while (auto line = next_line(*session, unread)) {
        const std::string reply = reply_to(*session, *line);
        if (!reply.empty()) co_await say(*session, reply);
      }
    }
    sessions_.erase(session);
  }
  // A command, or all of a message.
  static std::optional<std::string> next_line(const Session& session, std::string& unread) {
    const std::string end = session.is_in_data ? "\r\n.\r\n" : "\r\n";
    const std::size_t found = unread.find(end);
    if (found == std::string::npos) return std::nullopt;
    std::string line = unread.substr(0, found);
    unread.erase(0, found + end.size());
    return line;
  }
  std::string reply_to(Session& session, const std::string& line) {
    if (std::exchange(session.is_in_data, false)) {
      taken.push_back(session.recipient);
      session.is_held = holds;
      return holds ? "" : answer;
    }
    if (line.starts_with("RCPT TO:<")) session.recipient = line.substr(9, line.find('>') - 9);
    session.is_in_data = line == "DATA";
    return session.is_in_data ? "354 go" : line == "QUIT" ? "221 bye" : "250 ok";
  }

  TestLoop& loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
  TaskGroup tasks_;
  std::list<Session> sessions_;
};

// A dispatcher that delivers the mail of example.com to a peer.
class DispatcherTest : public QueueTest {
 protected:
  DispatcherTest() { send_to({&peer}); }
  ~DispatcherTest() override {
    if (!dispatcher) return;
    drain(Clock::duration::zero());
    pass_time_until([this] { return is_drained; });
    stop();
    loop.settle();
    dispatcher.reset();
  }

  // Where the mail of example.com goes, from when the server is opened.
  void send_to(const std::vector<SmtpPeer*>& peers) {
    RouteConfig route;
    route.pattern = *RoutePattern::parse("example.com");
    for (const SmtpPeer* one : peers) route.to.push_back(one->target());
    routes = {std::make_shared<const RouteConfig>(std::move(route))};
  }
  // A source with an address of its own; the peer sees no difference.
  SourceConfig& add_source(const std::string& name) {
    sources.emplace_back();
    sources.back().name = name;
    return sources.back();
  }
  // What the configuration says is as it is then.
  void open() {
    start();
    suppressor =
        std::make_unique<Suppressor>(Suppressor::Parts{*spool, clock, disk}, SuppressionConfig());
    Dispatcher::Parts parts{.manager = *manager,
                            .governor = *governor,
                            .spool = *spool,
                            .settler = *settler,
                            .clock = clock,
                            .loops = {loop.context.get_executor()},
                            .tasks = tasks,
                            .disk = disk,
                            .tls = tls,
                            .ehlo_name = "me.test",
                            .password_of = nullptr,
                            .suppressor = suppressor.get()};
    dispatcher = std::make_unique<Dispatcher>(std::move(parts), config);
    manager->set_observer(*dispatcher);
    dispatcher->start();
    run();
  }
  void arrive_many(int count) {
    std::vector<QueuedMessage> messages;
    for (int i = 0; i < count; ++i) {
      messages.push_back(message_to("m" + std::to_string(i) + "@example.com"));
    }
    arrive(messages);
  }

  bool run_until(const std::function<bool()>& is_so) { return loop.run_until(is_so); }
  // Time goes on meanwhile, by steps smaller than anything that is waited for.
  bool pass_time_until(const std::function<bool()>& is_so) {
    return loop.run_until([&] {
      clock.advance(std::chrono::milliseconds(10));
      return is_so();
    });
  }
  // That so many messages were delivered and their outcomes are on disk.
  bool delivers(std::size_t count, const SmtpPeer& to) {
    const auto is_told = [&] {
      run();
      return told(EventType::delivery).size() >= count;
    };
    const bool is_so = run_until([&] { return to.taken.size() >= count; }) && run_until(is_told);
    return is_so && to.taken.size() == count;
  }
  bool delivers(std::size_t count) { return delivers(count, peer); }
  bool closes_all() {
    return run_until([this] { return dispatcher->open_connections() == 0 && peer.open() == 0; });
  }

  // Begins it; `is_drained` tells when it is over.
  void drain(Clock::duration patience) {
    is_drained = false;
    tasks.spawn(drain_until(clock.now() + patience));
    run();
  }

  SmtpPeer peer{loop};
  SmtpPeer second{loop};
  ClientTls tls{clock};
  std::shared_ptr<DeliveryConfig> config = std::make_shared<DeliveryConfig>();
  std::unique_ptr<Suppressor> suppressor;
  std::unique_ptr<Dispatcher> dispatcher;
  bool is_drained = false;

 private:
  boost::asio::awaitable<void> drain_until(Clock::time_point deadline) {
    co_await dispatcher->drain(deadline);
    is_drained = true;
  }
};

}  // namespace posthaste
