#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "identity/blocklist/blocklist.h"
#include "identity/blocklist/blocklist_zone.h"
#include "identity/blocklist/paced_resolver.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// Blocklists as DNS answers them.
//
//   auto zones = blocklist_zones(config);
//   DnsBlocklists blocklists(resolver, clock, std::move(*zones));
//   const auto answers = co_await blocklists.check_address("192.0.2.1");
//
// An answer of a zone that failed its test is `disabled`; one of a zone that could not be tested is
// `refused` or `failed`, as the test was. Any loop.
class DnsBlocklists final : public Blocklists {
 public:
  // Resolver and clock outlive it.
  DnsBlocklists(Resolver& resolver, Clock& clock, std::vector<BlocklistZone> zones);

  boost::asio::awaitable<std::vector<BlocklistAnswer>> check_address(std::string address) override;
  boost::asio::awaitable<std::vector<BlocklistAnswer>> check_domain(std::string domain) override;

 private:
  using Status = BlocklistAnswer::Status;
  // What the test of a zone found; `clear` when all is well.
  struct Test {
    Status status = Status::failed;
    std::string why;
    Clock::time_point again_at{};
  };
  using TestKey = std::pair<std::size_t, BlocklistKind>;
  // One zone that is asked.
  struct Inquiry {
    std::size_t zone;
    std::string name;  // reversed address or domain
    std::string query;
  };

  boost::asio::awaitable<std::vector<BlocklistAnswer>> check(BlocklistKind kind,
                                                             std::vector<Inquiry> inquiries);
  boost::asio::awaitable<void> test_zones(BlocklistKind kind, std::vector<std::size_t> zones);
  Test judge(const BlocklistZone& zone, const std::vector<DnsResult>& listed,
             const DnsResult& clear) const;
  std::vector<std::size_t> untested(BlocklistKind kind, const std::vector<Inquiry>& inquiries);
  Test test_of(std::size_t zone, BlocklistKind kind);

  Clock& clock_;
  const std::vector<BlocklistZone> zones_;
  PacedResolver resolver_;
  Guarded<std::map<TestKey, Test>> tests_;
};

}  // namespace posthaste
