#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "base/clock.h"
#include "inbound/address_handler.h"
#include "inbound/report_intake.h"
#include "platform/io/blocking_pool.h"
#include "platform/log.h"
#include "route/return_paths.h"
#include "route/suppressor.h"
#include "spool/spool.h"

namespace posthaste {

// Makes events of complaints: ties each to the message and recipient that it is about, and tells it
// to the suppressor. Any loop.
class ComplaintDesk {
 public:
  struct Parts {
    Spool& spool;
    Suppressor& suppressor;
    BlockingPool& disk;
    Clock& clock;
    Log log;
  };
  explicit ComplaintDesk(Parts parts) : parts_(std::move(parts)) {}

  // `paths` may be null: no return paths are ours.
  boost::asio::awaitable<HandlingOutcome> take(SharedInboundMail mail, ReceivedComplaint complaint,
                                               std::shared_ptr<const ReturnPaths> paths);

 private:
  Parts parts_;
};

}  // namespace posthaste
