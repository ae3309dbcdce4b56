#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "deliver/client_tls.h"
#include "deliver/delivery_config.h"
#include "deliver/tls_policy.h"
#include "platform/io/task_group.h"
#include "platform/io/tcp_stream.h"
#include "queue/settler.h"
#include "route/destination.h"
#include "route/return_paths.h"
#include "route/source_config.h"
#include "shape/governor.h"
#include "shape/shaping_rules.h"
#include "spool/queued_message.h"

namespace posthaste {

// Where a connection gets its messages and reports what became of them. Called on the
// connection's loop, which is not the queue's: implementations cross over.
class WorkSource {
 public:
  virtual ~WorkSource() = default;

  // Up to `max` messages of one remote_queue, with their bodies; waits for some as long as an idle
  // connection may. Empty: close. Asking again says that the ones before are done with.
  virtual boost::asio::awaitable<std::vector<QueuedMessage>> pull(std::size_t max) = 0;
  // What an attempt came to; one verdict for each recipient.
  virtual void settle(QueuedMessage message, std::vector<RecipientVerdict> verdicts,
                      CellOutcome outcome) = 0;
  // Messages that were pulled and not tried.
  virtual void put_back(std::vector<QueuedMessage> messages) = 0;
  // No host of the site could be used.
  virtual void site_failed(AttemptFailure failure, std::vector<RuleMatch> matches) = 0;
  // A host of the site was reached and is ready for mail.
  virtual void site_reached() = 0;
};

// All that a connection needs to know.
struct ConnectionPlan {
  Destination destination;
  std::string user;  // of the route
  std::string password;
  SourceConfig source;
  std::string provider;                       // "": nobody's
  bool is_tls_required = false;               // by the provider, with any certificate
  Limits limits;                              // of the source to the site
  std::shared_ptr<const ShapingRules> rules;  // null: of no pool
  std::vector<std::string> domains;           // recipient domains of what waits
};

// Opens a stream; tests give one that plays a script.
using Connector = std::function<boost::asio::awaitable<Result<std::unique_ptr<Stream>>>(
    ConnectOptions options, Clock& clock)>;

struct ConnectionParts {
  std::shared_ptr<const DeliveryConfig> config;
  std::string ehlo_name;
  Clock& clock;
  ClientTls& tls;
  TaskGroup& tasks;  // of the connection's loop
  Connector connect = connect_tcp;
  Resolver* dane = nullptr;  // null: TLSA records are not looked at
  TlsSessionObserver on_tls_session = nullptr;
  std::shared_ptr<const ReturnPaths> return_paths = {};  // null: senders stay as they are
};

// One connection's life: tries the hosts of the site in order until one is ready, carries
// messages until there are none, or the peer or a limit ends it, and says goodbye. Everything it
// references outlives it.
boost::asio::awaitable<void> run_connection(ConnectionPlan plan, ConnectionParts parts,
                                            WorkSource& work);

}  // namespace posthaste
