#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "accept/smtp_listener.h"
#include "base/result.h"
#include "relay/relay_connection.h"

namespace posthaste {

// The SMTP listeners that are open, by the names of their blocks. A reload opens those that are
// new, closes those that are gone, and gives the others what holds for their next sessions.
//
// Lives on the main thread.
class ListenerSet {
 public:
  using Sessions = std::vector<std::shared_ptr<const SessionSettings>>;
  // What a listener's connections work with; by its role.
  using Services = std::function<ConnectionServices(const ListenerConfig& listener)>;
  // The loops that a listener's connections live on.
  using Loops =
      std::function<std::vector<boost::asio::any_io_executor>(const ListenerConfig& listener)>;
  // Runs a task to its end on some loop; blocks.
  using Wait = std::function<void(boost::asio::awaitable<void> task)>;

  // `relay`: what the connections of analytics relays work with.
  ListenerSet(Loops loops, Services services, RelayServices relay, Wait wait)
      : loops_(std::move(loops)),
        services_(std::move(services)),
        relay_(relay),
        wait_(std::move(wait)) {}
  ListenerSet(const ListenerSet&) = delete;
  ListenerSet& operator=(const ListenerSet&) = delete;
  // Requires: stop() has returned.
  ~ListenerSet() = default;

  // An error leaves all as it was: an address that cannot be had.
  Result<void> reload(const Sessions& sessions);
  // Transactions in flight may finish within `grace`.
  void stop(Clock::duration grace);

  // "submission smtp 127.0.0.1:2525", a line for each.
  std::vector<std::string> addresses() const;

 private:
  struct Entry {
    ListenerConfig config;
    std::unique_ptr<SmtpListener> listener;
  };
  Entry* find(const std::string& name);
  Result<std::unique_ptr<SmtpListener>> open(
      const std::shared_ptr<const SessionSettings>& settings) const;

  Loops loops_;
  Services services_;
  RelayServices relay_;
  Wait wait_;
  std::vector<Entry> entries_;
};

}  // namespace posthaste
