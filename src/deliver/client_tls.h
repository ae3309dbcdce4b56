#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"
#include "deliver/smtp_client.h"
#include "platform/io/stream.h"
#include "route/route_config.h"

namespace posthaste {

// TLS towards other servers: the contexts that all connections share, and the memory of peers
// whose STARTTLS does not work.
//
// Opportunistic TLS (RFC 7435) takes any certificate, for the alternative is plain text. A route
// that requires TLS verifies the certificate and its name.
//
// Any thread may call it.
class ClientTls {
 public:
  explicit ClientTls(Clock& clock);

  boost::asio::ssl::context& context(bool verifies) { return verifies ? verifying_ : any_; }

  // What to do with this peer now.
  UseTls policy(RouteTls route, const Endpoint& peer) const;
  // The handshake failed: an opportunistic peer is spoken to in plain text for three days.
  void remember_broken(const Endpoint& peer);

 private:
  Clock& clock_;
  boost::asio::ssl::context any_;
  boost::asio::ssl::context verifying_;
  Guarded<std::unordered_map<std::string, Clock::time_point>> broken_;
};

}  // namespace posthaste
