#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "identity/doctor/certificate.h"

namespace posthaste {

struct WebQuestion {
  std::string method = "GET";
  std::string url;
  std::string body;  // of POST, as application/x-www-form-urlencoded
};

struct WebAnswer {
  unsigned status = 0;   // 0: there was no answer
  std::string location;  // where a redirect points
  std::string content_type;
  std::string body;
  std::string problem;  // why there was no answer: name, connection, certificate, timeout
};

// What a mail host says on port 25, up to TLS.
struct MailHostAnswer {
  bool is_connected = false;
  std::string problem;  // why it is not, or why TLS failed
  std::string greeting;
  bool offers_starttls = false;
  std::vector<CertificateFacts> chain;  // the server's own first; empty without TLS
};

struct EgressAnswer {
  bool is_own_address =
      true;  // false: the source is no address of this machine, so nothing is known
  bool is_open = false;
  std::string peer;  // who was tried
  std::string problem;
};

struct ClockAnswer {
  bool is_known = false;
  bool is_synchronized = false;
  double error_seconds = 0;  // the largest that the clock may be off by
};

// What the doctor learns from the network and the machine, DNS apart. Tests give answers of their
// own. Nothing here sends mail.
class Probes {
 public:
  virtual ~Probes() = default;
  virtual boost::asio::awaitable<WebAnswer> ask_web(WebQuestion question) = 0;
  virtual boost::asio::awaitable<MailHostAnswer> greet_mail_host(std::string host,
                                                                 std::string address) = 0;
  // Whether a connection from `source` reaches port 25 of a large provider.
  virtual boost::asio::awaitable<EgressAnswer> try_port_25(std::string source) = 0;
  virtual ClockAnswer read_clock() = 0;
};

}  // namespace posthaste
