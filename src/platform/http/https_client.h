#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/dns/resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {

struct HttpsRequest {
  std::string method = "GET";
  std::string url;  // "https://host[:port]/path?query"; "http://" for loopback addresses only
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
  // All outlive it. `trust` verifies peers.
  HttpsClient(Resolver& resolver, Clock& clock, TaskGroup& tasks, boost::asio::ssl::context& trust);

  // Errors say which step failed: name, connection, TLS (its message begins "certificate" when the
  // certificate was refused), timeout, size, HTTP. An answer of any status is success.
  boost::asio::awaitable<Result<HttpsAnswer>> fetch(HttpsRequest request);

 private:
  Resolver& resolver_;
  Clock& clock_;
  TaskGroup& tasks_;
  boost::asio::ssl::context& trust_;
};

}  // namespace posthaste
