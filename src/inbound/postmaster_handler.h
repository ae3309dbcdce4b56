#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "inbound/address_handler.h"
#include "inbound/report_handler.h"
#include "platform/log.h"
#include "route/return_paths.h"

namespace posthaste {

// Takes mail for people: postmaster (RFC 5321 §4.5.1) and abuse (RFC 2142 §4) of every domain whose
// mail comes in here. It is passed on, or kept as files for whoever looks; reports that were sent
// to abuse go the way of reports, and what cannot be read as one is for people.
class PostmasterHandler final : public AddressHandler {
 public:
  struct Parts {
    MessageSink& outgoing;  // the queue
    MessageSink& folder;    // takes what is not passed on
    ReportHandler& reports;
    Clock& clock;
    Log log;
    std::string hostname;
  };
  explicit PostmasterHandler(Parts parts) : parts_(std::move(parts)) {}

  // `domains` beside those of return paths; `pass_to` empty: nobody. Any thread.
  struct Config {
    std::vector<Domain> domains;
    std::vector<MailAddress> pass_to;
    std::shared_ptr<const ReturnPaths> paths;  // null: no bounce domain
  };
  void configure(Config config);

  AddressClaim claim(const MailAddress& address) const override;
  boost::asio::awaitable<HandlingOutcome> take(SharedInboundMail mail,
                                               MailAddress recipient) override;

 private:
  std::shared_ptr<const Config> config() const;
  ReceivedMessage traced(const InboundMail& mail, const Config& config) const;

  Parts parts_;
  Guarded<std::shared_ptr<const Config>> config_{std::make_shared<const Config>()};
};

}  // namespace posthaste
