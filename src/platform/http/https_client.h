#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "platform/dns/resolver.h"

namespace posthaste {

struct HttpsRequest {
  std::string method = "GET";
  // "https://host[:port]/path?query"; "http://" only to an address of loopback, as "127.0.0.1".
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::size_t max_answer = 1 << 20;             // octets of the answer's body; more is an error
  Duration timeout = std::chrono::seconds(60);  // for all of it
};

struct HttpsAnswer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  // "" if absent; of several the first.
  std::string header(std::string_view name) const;
};

// An HTTP client that does not block: one connection a request, names by our own resolver, the
// certificate verified by the context's rules and against the host's name. Redirects are not
// followed. Any loop; returns on the caller's.
class HttpsClient {
 public:
  // All outlive it. `trust` verifies peers; make it with make_trust().
  HttpsClient(Resolver& resolver, Clock& clock, boost::asio::ssl::context& trust)
      : resolver_(resolver), clock_(clock), trust_(trust) {}

  // Errors say which step failed: name, connection, TLS (its message begins "certificate" when the
  // certificate was refused), timeout, size, HTTP. An answer of any status is success. A caller
  // that is cancelled gets an error at once.
  boost::asio::awaitable<Result<HttpsAnswer>> fetch(HttpsRequest request);

 private:
  Resolver& resolver_;
  Clock& clock_;
  boost::asio::ssl::context& trust_;
};

// A context that trusts the certification authorities in the PEM file `ca_file`, or those of the
// system where it is "", and speaks TLS 1.2 and 1.3.
Result<std::unique_ptr<boost::asio::ssl::context>> make_trust(const std::string& ca_file);

}  // namespace posthaste
