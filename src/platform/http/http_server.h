#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/http/http_message.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"

namespace posthaste {

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::vector<std::string> keys;  // bearer keys; any of them opens everything
  std::uint64_t max_request = 64'000'000;
  std::size_t max_connections = 256;
  Clock::duration request_timeout = std::chrono::seconds(30);
  Clock::duration idle_timeout = std::chrono::seconds(60);
};

// An HTTP/1.1 server on one loop.
//
// Who may ask: peers on loopback without a key, as long as the Host they ask for is loopback too
// (a web page must not reach it by DNS rebinding); everybody else with "Authorization: Bearer KEY".
//
//   auto server = HttpServer::open(group, clock, options, router);
//   …
//   (*server)->stop();            // then join the group
//
// Lives on its group's loop. The router must outlive it.
class HttpServer {
 public:
  // Listens when it returns. Called before the loop's other work, or on the loop.
  static Result<std::unique_ptr<HttpServer>> open(TaskGroup& tasks, Clock& clock,
                                                  HttpServerOptions options,
                                                  const HttpRouter& router);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Begins to accept. On the loop.
  void start();
  // Accepts no more and closes what is open. On the loop; the group's join tells when all ended.
  void stop();

  const Endpoint& address() const { return address_; }

 private:
  using Socket = boost::asio::ip::tcp::socket;

  HttpServer(TaskGroup& tasks, Clock& clock, HttpServerOptions options, const HttpRouter& router);

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Socket> socket);
  // Who asks, as far as that decides what may be answered.
  struct Caller {
    bool is_loopback = false;
    std::string host;  // that was asked for
    std::string authorization;
  };
  boost::asio::awaitable<HttpResponse> answer(std::string target, HttpRequest request,
                                              Caller caller);
  bool has_key(const std::string& authorization) const;

  TaskGroup& tasks_;
  Clock& clock_;
  HttpServerOptions options_;
  const HttpRouter& router_;
  boost::asio::ip::tcp::acceptor acceptor_;
  Endpoint address_;
  std::list<std::weak_ptr<Socket>> open_;
  bool is_stopping_ = false;
};

}  // namespace posthaste
