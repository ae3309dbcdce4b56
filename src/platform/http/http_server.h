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
#include "platform/http/http_access.h"
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

// An HTTP/1.1 server on one loop. What http_access.h says of a request's header is decided before
// its body is read, so that strangers cannot fill the memory.
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
  // Accepts no more, closes the connections that wait for a request, and the others when theirs is
  // answered. On the loop; the group's join tells when all ended.
  void stop();

  const Endpoint& address() const { return address_; }

 private:
  // One connection while it is open.
  class Connection;

  HttpServer(TaskGroup& tasks, Clock& clock, HttpServerOptions options, const HttpRouter& router);

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);

  TaskGroup& tasks_;
  Clock& clock_;
  HttpServerOptions options_;
  const HttpRouter& router_;
  HttpGate gate_;
  boost::asio::ip::tcp::acceptor acceptor_;
  Endpoint address_;
  std::list<std::weak_ptr<Connection>> open_;
  bool is_stopping_ = false;
};

}  // namespace posthaste
