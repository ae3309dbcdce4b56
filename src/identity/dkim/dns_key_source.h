#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "identity/dkim/dkim_key_cache.h"
#include "identity/dkim/dkim_verifier.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// Key records from DNS. `resolver` and `cache` outlive it; without a cache each key is read anew.
class DnsKeySource final : public DkimKeySource {
 public:
  explicit DnsKeySource(Resolver& resolver, DkimKeyCache* cache = nullptr)
      : resolver_(resolver), cache_(cache) {}

  boost::asio::awaitable<DkimKeyAnswer> look_up(std::string name) override;
  std::shared_ptr<const DkimPublishedKey> read(const std::string& record_text) override {
    return cache_ == nullptr ? read_published_key(record_text) : cache_->get(record_text);
  }

 private:
  Resolver& resolver_;
  DkimKeyCache* cache_;
};

}  // namespace posthaste
