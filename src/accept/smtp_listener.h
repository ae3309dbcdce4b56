#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "accept/connection_counter.h"
#include "accept/listener_connection.h"
#include "accept/session_settings.h"
#include "accept/smtp_connection.h"
#include "base/clock.h"
#include "base/result.h"

namespace posthaste {

// One `listener` block of protocol smtp: a listening socket on each loop, all on one port
// (SO_REUSEPORT), so that a connection lives where it was accepted.
//
//   auto listener = SmtpListener::open(settings, loops, services);
//   …
//   co_await (*listener)->stop(30s);     // before it is destroyed
class SmtpListener {
 public:
  // Listens when it returns. Errors name the address. `loops` are single threads.
  static Result<std::unique_ptr<SmtpListener>> open(
      std::shared_ptr<const SessionSettings> settings,
      const std::vector<boost::asio::any_io_executor>& loops, ConnectionServices services);
  // The same with connections of another kind.
  static Result<std::unique_ptr<SmtpListener>> open(
      std::shared_ptr<const SessionSettings> settings,
      const std::vector<boost::asio::any_io_executor>& loops, Clock& clock, MakeConnection make);

  SmtpListener(const SmtpListener&) = delete;
  SmtpListener& operator=(const SmtpListener&) = delete;
  // Requires: stop() has returned.
  ~SmtpListener();

  // Where it listens; the port that was given by the system where the configuration says 0.
  const Endpoint& address() const { return address_; }
  std::uint32_t connections() const { return counter_.in_all(); }

  // For sessions that begin from now on. Any thread.
  void reload(std::shared_ptr<const SessionSettings> settings);

  // Accepts no more, lets transactions in flight finish within `grace`, then closes what is left.
  // Any executor.
  boost::asio::awaitable<void> stop(Clock::duration grace);

 private:
  class Acceptor;

  SmtpListener() = default;

  ConnectionCounter counter_;
  Endpoint address_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
};

}  // namespace posthaste
