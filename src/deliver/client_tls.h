#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/units.h"
#include "identity/transport/tls_verification.h"
#include "platform/io/stream.h"

namespace posthaste {

struct ClientTlsOptions {
  std::string ca_file;  // "": the system's authorities
  bool resumption = true;
  Duration broken_memory = std::chrono::hours(72);
};

// TLS towards other servers: the context that all connections share, the sessions that may be
// resumed, and the memory of peers whose STARTTLS does not work. Whether a certificate will do is
// checked in every handshake and ends none: who asked decides by its result.
//
// Any thread may call it.
class ClientTls {
 public:
  // A `ca_file` that cannot be read leaves nobody trusted; the tls block is checked before.
  explicit ClientTls(Clock& clock, ClientTlsOptions options = {});
  ~ClientTls();

  boost::asio::ssl::context& context() { return context_; }

  // For a handshake with `peer` that expects this: resumes a session that was made so before.
  TlsClientOptions options_for(const Endpoint& peer, const TlsExpectation& expectation);

  // Whether an opportunistic handshake failed there not long ago.
  bool is_broken(const Endpoint& peer) const;
  // The handshake failed: where nothing demands TLS, the peer is spoken to in plain text.
  void remember_broken(const Endpoint& peer);

 private:
  class Sessions;

  Clock& clock_;
  ClientTlsOptions options_;
  std::shared_ptr<Sessions> sessions_;
  boost::asio::ssl::context context_;
  Guarded<std::unordered_map<std::string, Clock::time_point>> broken_;
};

}  // namespace posthaste
