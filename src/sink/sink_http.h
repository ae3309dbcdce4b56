#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"

namespace posthaste {

class Sink;

// What the sink tells over HTTP, and what it can be told:
//
//   GET /counts (or /)  JSON: connections, messages, recipients, refused, bytes, unique_ids,
//                       duplicates, domains {NAME: COUNT}, and more; senders [{client, score,
//                       allowance, …}]: what the persona remembers of each client address
//   GET /ids            one "ID COUNT" a line, in no order
//   POST /reset         forgets all counts and ids
//   POST /persona       puts the persona file in the body into force; 400 says what is wrong
//
// Lives on one loop; the sink outlives it.
class SinkHttp {
 public:
  SinkHttp(boost::asio::any_io_executor loop, Sink& sink, Clock& clock);

  Result<void> open(const Endpoint& where);
  Endpoint local() const { return local_; }

  // The rest is called on the loop.
  void start() { tasks_.spawn(accept()); }
  // Everything has ended when the loop has nothing more to do.
  void stop();

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

  Sink& sink_;
  Clock& clock_;
  bool is_stopping_ = false;
  boost::asio::ip::tcp::acceptor acceptor_;
  TaskGroup tasks_;
  Endpoint local_;
};

}  // namespace posthaste
