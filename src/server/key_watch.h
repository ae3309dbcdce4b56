#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "identity/dkim/dkim_signer.h"
#include "platform/io/blocking_pool.h"
#include "platform/log.h"

namespace posthaste {

// Takes over DKIM keys whose files change while the server runs. Lives on one loop.
class KeyWatch {
 public:
  // All outlive it.
  KeyWatch(Clock& clock, BlockingPool& disk, Log log)
      : clock_(clock), disk_(disk), log_(std::move(log)) {}

  // The signer in use; a reload brings another.
  void set_signer(std::shared_ptr<const DkimSigner> signer) { signer_ = std::move(signer); }

  // Looks every ten seconds, until it is cancelled.
  boost::asio::awaitable<void> run();

 private:
  Clock& clock_;
  BlockingPool& disk_;
  const Log log_;
  std::shared_ptr<const DkimSigner> signer_;
};

}  // namespace posthaste
