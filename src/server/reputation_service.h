#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/dns/resolver.h"
#include "platform/log.h"
#include "platform/metrics.h"
#include "reputation/reputation_view.h"
#include "server/server_config.h"
#include "shape/governor.h"
#include "spool/spool.h"

namespace posthaste {

// The reputation watch with all that it needs, on a loop of its own: what it asks may be slow, and
// what it reads may be large.
class ReputationService {
 public:
  struct Parts {
    Spool& spool;
    Resolver& resolver;
    Clock& clock;
    Metrics& metrics;
    Log log;
    Governor& governor;
    boost::asio::any_io_executor queue_loop;  // the governor's
  };
  // Begins to watch. Errors: credentials that cannot be read.
  static Result<std::unique_ptr<ReputationService>> create(Parts parts, const ServerConfig& config);
  ReputationService(const ReputationService&) = delete;
  ReputationService& operator=(const ReputationService&) = delete;
  // Requires: stop() was called.
  ~ReputationService();

  // Takes over sources, domains and intervals; what wants a restart, a line each.
  std::vector<std::string> reload(const ServerConfig& config);
  void stop();

  // Any thread.
  ReputationView::Shared view() const;

 private:
  struct Running;
  explicit ReputationService(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

// What the watch is to ask about: the address of each source as the world sees it ("" where it is
// one that only this network knows), and the domains that sign and take bounces.
struct ReputationPlan;
ReputationPlan make_reputation_plan(const ServerConfig& config);

}  // namespace posthaste
