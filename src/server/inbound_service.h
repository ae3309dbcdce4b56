#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "accept/smtp_connection.h"
#include "base/clock.h"
#include "base/result.h"
#include "inbound/unsubscriber.h"
#include "platform/dns/resolver.h"
#include "platform/io/blocking_pool.h"
#include "platform/log.h"
#include "platform/metrics.h"
#include "route/return_paths.h"
#include "route/suppressor.h"
#include "server/server_config.h"
#include "spool/spool.h"

namespace posthaste {

// All that listeners of role inbound work with: the mailroom, its handlers, the database of
// reports. It is made when the first such listener is configured; a server without one has none of
// it.
//
// Who adds a kind of address writes an AddressHandler (inbound/address_handler.h), makes it a part
// of Rooms, and names it in its list.
//
// Lives on the main thread; what it hands to listeners is used on all loops.
class InboundService {
 public:
  struct Parts {
    Spool& spool;
    Suppressor& suppressor;
    Resolver& resolver;
    Unsubscriber& unsubscriber;
    MessageSink& outgoing;  // the queue, for what is passed on to people
    BlockingPool& disk;
    Metrics& metrics;
    Clock& clock;
    Log log;
  };
  explicit InboundService(Parts parts);
  InboundService(const InboundService&) = delete;
  InboundService& operator=(const InboundService&) = delete;
  // Requires: stop() was called.
  ~InboundService();

  // Takes over what is new, also at the start; before listeners open. Errors: the database of
  // reports cannot be opened. What wants a restart comes back, a line each.
  Result<std::vector<std::string>> configure(const ServerConfig& config,
                                             std::shared_ptr<const ReturnPaths> paths);

  // `others` for all but listeners of role inbound.
  // Requires: configure() has seen the listener.
  ConnectionServices services_of(const ListenerConfig& listener, ConnectionServices others);

  // Where connections to a listener of role inbound live: on loops of their own that give way to
  // those of outgoing mail, so that a flood of what comes back does not slow what goes out.
  // Requires: configure() has seen a listener of that role.
  std::vector<boost::asio::any_io_executor> loops();

  // When all listeners are closed.
  void stop();
  // When nothing can come back from the spool any more.
  void join();

 private:
  class Gate;
  struct Rooms;

  Parts parts_;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace posthaste
