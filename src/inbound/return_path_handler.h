#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "inbound/address_handler.h"
#include "inbound/bounce/bounce_reader.h"
#include "inbound/complaint_desk.h"
#include "inbound/waiting_room.h"
#include "platform/io/blocking_pool.h"
#include "platform/log.h"
#include "route/return_paths.h"
#include "route/suppressor.h"
#include "spool/spool.h"

namespace posthaste {

// Takes what comes back to return paths of ours: bounces become oob_bounce events, about the
// recipient whom the return path proves; complaints go to their desk; delays, answers of people's
// programs and reports of success are told to the log. Reading has a thread of its own, so that a
// flood of returned mail takes nothing from mail that goes out.
//
// Owned by the wiring; stop() before the spool goes.
class ReturnPathHandler final : public AddressHandler {
 public:
  struct Parts {
    Spool& spool;
    Suppressor& suppressor;
    ComplaintDesk& complaints;
    Clock& clock;
    Log log;
    WaitingRoom::Limits limits = {};
  };
  explicit ReturnPathHandler(Parts parts);
  // Requires: stop() was called, and no take() is under way.
  ~ReturnPathHandler() override = default;

  // Null: there is no bounce domain. Any thread.
  void set_paths(std::shared_ptr<const ReturnPaths> paths);

  AddressClaim claim(const MailAddress& address) const override;
  boost::asio::awaitable<HandlingOutcome> take(SharedInboundMail mail,
                                               MailAddress recipient) override;

  // Finishes what was taken.
  void stop() { pool_.join(); }

 private:
  // What was read, on the pool's thread.
  struct Understanding {
    std::string kind;
    std::vector<Event> events;  // to be told
    std::optional<ReceivedComplaint> complaint;
    bool is_nothing_we_read = false;
    std::optional<Error> failure;
  };
  std::shared_ptr<const ReturnPaths> held_paths() const;
  Understanding read(const InboundMail& mail, const ReturnPaths& paths, const MailAddress& address,
                     const ReturnPathToken& token) const;
  void tell_bounces(const InboundMail& mail, const ReturnedMail& returned, const ReturnPaths& paths,
                    const ReturnPathToken& token, Understanding& reading) const;
  boost::asio::awaitable<HandlingOutcome> act(SharedInboundMail mail, Understanding reading,
                                              std::shared_ptr<const ReturnPaths> paths);

  Parts parts_;
  BounceReader reader_;
  Guarded<std::shared_ptr<const ReturnPaths>> paths_;
  WaitingRoom room_;
  BlockingPool pool_{1, ThreadPriority::background};
};

}  // namespace posthaste
