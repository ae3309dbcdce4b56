#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "accept/accept_config.h"
#include "base/clock.h"
#include "base/result.h"
#include "deliver/client_tls.h"
#include "mail/reply.h"
#include "platform/io/stream.h"
#include "platform/io/task_group.h"

namespace posthaste {

// How a relay's next server is to be reached, and for whom.
struct UpstreamPlan {
  RouteTarget to;
  RouteTls tls = RouteTls::opportunistic;
  ClientNotice tell_client = ClientNotice::none;
  Duration timeout{};
  std::string ehlo_name;  // where we speak to it before the client does
  Endpoint client;
};

// What outlives the call. `tasks` is of the caller's loop.
struct UpstreamParts {
  Clock& clock;
  ClientTls& tls;
  TaskGroup& tasks;
};

// A connection to the next server on which the client's EHLO is what comes next.
struct Upstream {
  std::unique_ptr<Stream> stream;
  std::string greeting;  // as it came
  Reply greeted;
};

// Connects to the addresses of the next server in turn; sends a PROXY header, begins TLS and says
// XCLIENT, as the plan has it. A greeting that refuses is no error, but the client's to hear. A
// handshake that fails where TLS is opportunistic is remembered, and the next connection, made at
// once, does without. Names are looked up the usual way of the system. Errors say what did not
// work.
boost::asio::awaitable<Result<Upstream>> open_upstream(UpstreamPlan plan, UpstreamParts parts);

}  // namespace posthaste
