#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "accept/connection_counter.h"
#include "accept/session_settings.h"
#include "accept/smtp_session.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"

namespace posthaste {

// A connection that an SmtpListener has taken, whatever becomes of it: a session of ours, or one
// that is passed on. Lives on its group's loop.
class ListenerConnection {
 public:
  virtual ~ListenerConnection() = default;

  // Serves it to its end. `self` is this object, which the task holds.
  virtual boost::asio::awaitable<void> run(std::shared_ptr<ListenerConnection> self,
                                           SmtpSession::Opening opening) = 0;

  // Finishes the transaction in flight, then says 421 and closes; at once where there is none.
  virtual void drain() = 0;
};

// What a connection is made of; counter and group outlive it.
struct AcceptedSocket {
  std::unique_ptr<Stream> stream;
  std::shared_ptr<const SessionSettings> settings;
  ConnectionCounter& counter;
  TaskGroup& group;
};

// Called on every loop.
using MakeConnection = std::function<std::shared_ptr<ListenerConnection>(AcceptedSocket accepted)>;

}  // namespace posthaste
