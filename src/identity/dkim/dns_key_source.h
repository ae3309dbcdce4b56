#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "identity/dkim/dkim_verifier.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// Key records from DNS. `resolver` outlives it.
class DnsKeySource final : public DkimKeySource {
 public:
  explicit DnsKeySource(Resolver& resolver) : resolver_(resolver) {}

  boost::asio::awaitable<DkimKeyAnswer> look_up(std::string name) override;

 private:
  Resolver& resolver_;
};

}  // namespace posthaste
