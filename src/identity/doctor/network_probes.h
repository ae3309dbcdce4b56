#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "identity/doctor/probes.h"
#include "platform/dns/resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {

struct NetworkProbeOptions {
  std::uint16_t smtp_port = 25;
  std::string egress_domain = "gmail.com";  // whose MX is tried for the way out
  std::string ehlo_name = "localhost.localdomain";
  Duration timeout = std::chrono::seconds(15);  // of each probe
};

// The real network and machine. Names by `resolver`; web pages by HttpsClient; mail hosts up to
// TLS, then QUIT. Lives on the group's loop.
class NetworkProbes final : public Probes {
 public:
  // All outlive it. Errors: the system's certification authorities cannot be read.
  static Result<std::unique_ptr<NetworkProbes>> create(Resolver& resolver, Clock& clock,
                                                       TaskGroup& tasks,
                                                       NetworkProbeOptions options = {});

  boost::asio::awaitable<WebAnswer> ask_web(WebQuestion question) override;
  boost::asio::awaitable<MailHostAnswer> greet_mail_host(std::string host,
                                                         std::string address) override;
  boost::asio::awaitable<EgressAnswer> try_port_25(std::string source) override;
  ClockAnswer read_clock() override;

 private:
  NetworkProbes(Resolver& resolver, Clock& clock, TaskGroup& tasks, NetworkProbeOptions options,
                std::unique_ptr<boost::asio::ssl::context> trust);

  Resolver& resolver_;
  Clock& clock_;
  TaskGroup& tasks_;
  NetworkProbeOptions options_;
  std::unique_ptr<boost::asio::ssl::context> trust_;
};

}  // namespace posthaste
