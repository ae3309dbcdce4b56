#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "platform/dns/resolver.h"
#include "platform/dns/unbound_resolver.h"

namespace posthaste {

// What one name server of a zone says, asked directly.
struct ServerAnswer {
  std::string server;  // "ns1.example.com"
  DnsResult result;
};

struct AuthoritativeAnswer {
  std::string zone;                   // "" when none was found
  std::vector<ServerAnswer> answers;  // one for each of its servers, as its NS records order them
};

// Asks the name servers of the zone that a name is in, so that what was published is seen before
// caches forget what was there before. CNAMEs are followed; into other zones, by
// what caches know.
class AuthoritativeServers {
 public:
  virtual ~AuthoritativeServers() = default;
  virtual boost::asio::awaitable<AuthoritativeAnswer> ask(std::string name, RecordType type) = 0;
};

struct AuthoritativeOptions {
  std::uint16_t port = 53;
  Duration timeout = std::chrono::seconds(5);  // of each server
};

// The real ones. The zone and the addresses of its servers come from `recursive`; each server then
// has a libunbound of its own that forwards to it. A server that once gave no answer in time is not
// asked again. Lives on `loop`; must be stopped before it is destroyed, and before `recursive` is.
class UnboundAuthoritativeServers final : public AuthoritativeServers {
 public:
  // Both outlive it.
  UnboundAuthoritativeServers(boost::asio::any_io_executor loop, Clock& clock, Resolver& recursive,
                              AuthoritativeOptions options = {});
  ~UnboundAuthoritativeServers() override;

  boost::asio::awaitable<AuthoritativeAnswer> ask(std::string name, RecordType type) override;
  boost::asio::awaitable<void> stop();

 private:
  struct Server;
  struct Zone;

  boost::asio::awaitable<Zone*> find_zone(std::string name);
  boost::asio::awaitable<std::unique_ptr<Zone>> open_zone(std::string name,
                                                          std::vector<std::string> servers);
  boost::asio::awaitable<void> close(Zone& zone);
  boost::asio::awaitable<DnsResult> ask_server(Server& server, std::string name, RecordType type);
  boost::asio::awaitable<DnsResult> follow(Server& server, DnsQuestion question, DnsResult failed);

  boost::asio::any_io_executor loop_;
  Clock& clock_;
  Resolver& recursive_;
  AuthoritativeOptions options_;
  std::map<std::string, std::unique_ptr<Zone>> zones_;
};

}  // namespace posthaste
