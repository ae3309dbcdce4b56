#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "base/guarded.h"
#include "inbound/address_handler.h"
#include "inbound/complaint_desk.h"
#include "inbound/report_intake.h"
#include "route/return_paths.h"

namespace posthaste {

// Takes what comes to the addresses of reports and of feedback loops: what is history is stored,
// complaints go to their desk. Either kind of address takes both.
class ReportHandler final : public AddressHandler {
 public:
  // Both outlive it.
  ReportHandler(ReportIntake& intake, ComplaintDesk& complaints)
      : intake_(intake), complaints_(complaints) {}

  // `paths` prove complaints; null: there is no bounce domain. Any thread.
  void configure(const std::vector<MailAddress>& addresses,
                 std::shared_ptr<const ReturnPaths> paths);

  AddressClaim claim(const MailAddress& address) const override;
  boost::asio::awaitable<HandlingOutcome> take(SharedInboundMail mail,
                                               MailAddress recipient) override;

 private:
  struct State {
    std::vector<MailAddress> addresses;  // folded
    std::shared_ptr<const ReturnPaths> paths;
  };
  std::shared_ptr<const State> state() const;

  ReportIntake& intake_;
  ComplaintDesk& complaints_;
  Guarded<std::shared_ptr<const State>> state_{std::make_shared<const State>()};
};

}  // namespace posthaste
