#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/log.h"
#include "server/server_config.h"

namespace posthaste {

// The whole server: builds every part in the order in which they need each other, and stops them
// in reverse. The only place that knows all of them.
//
//   auto server = Server::start(config, log, clock);
//   …
//   (*server)->stop();      // drains; blocks until the last message is settled
//
// Lives on the main thread.
class Server {
 public:
  // Listens when it returns. The error says what could not be had.
  static Result<std::unique_ptr<Server>> start(std::shared_ptr<const ServerConfig> config, Log log,
                                               Clock& clock);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Requires: stop() was called.
  ~Server();

  // What changed and could not be taken over without a restart, a line each. An error leaves
  // everything as it was.
  Result<std::vector<std::string>> reload(std::shared_ptr<const ServerConfig> config);

  void stop();

  // "submission smtp 127.0.0.1:2525", a line for each listener.
  std::vector<std::string> addresses() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace posthaste
