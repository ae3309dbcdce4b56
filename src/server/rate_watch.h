#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "platform/io/task_group.h"
#include "platform/log.h"
#include "platform/metrics.h"
#include "report/rates_follower.h"
#include "shape/governor.h"

namespace posthaste {

// The rates with those that act on them: the governor, which suspends and warms up, the log, and
// the gauges. Lives on the report loop.
class RateWatch {
 public:
  struct Parts {
    Spool& spool;
    Clock& clock;
    TaskGroup& tasks;
    Governor& governor;
    boost::asio::any_io_executor queue_loop;  // the governor's; runs for longer than this
    Metrics& metrics;
    Log log;
  };
  RateWatch(Parts parts, std::shared_ptr<const RateRules> rules);
  RateWatch(const RateWatch&) = delete;
  RateWatch& operator=(const RateWatch&) = delete;

  RatesFollower& follower() { return follower_; }

 private:
  // Blocks until the queue loop has done it.
  void suspend(const RateSubject& subject, const RateBudget& budget, const std::string& why);
  void tell_warmup(const std::string& source, const std::string& provider,
                   const WarmupTally& tally);
  void log_change(const RateChange& change);
  void add_gauges();

  Parts parts_;
  RatesFollower follower_;
  std::vector<Metrics::Registration> gauges_;
};

}  // namespace posthaste
