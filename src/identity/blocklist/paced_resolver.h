#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/units.h"
#include "identity/blocklist/blocklist_zone.h"
#include "platform/dns/resolver.h"

namespace posthaste {

// Asks blocklists through another resolver, as much as they bear: an answer is kept for its TTL, or
// longer where the zone's `keep` says so, and in no span as long as the period of its rate is a
// zone asked more often than the rate allows; who comes then waits. Any loop.
class PacedResolver final : public Resolver {
 public:
  // Both outlive it.
  PacedResolver(Resolver& resolver, Clock& clock, const std::vector<BlocklistZone>& zones);

  boost::asio::awaitable<DnsResult> lookup(std::string name, RecordType type) override;

 private:
  struct Pace {
    std::string suffix;
    Rate rate;
    Duration keep{0};
    std::deque<Clock::time_point> asked;  // within the last period
  };
  struct Kept {
    DnsResult result;
    Clock::time_point until;
  };
  struct State {
    std::vector<Pace> paces;
    std::unordered_map<DnsQuestion, Kept> kept;
  };

  std::optional<DnsResult> find(const DnsQuestion& question);
  void keep(const DnsQuestion& question, const DnsResult& result);
  // Takes the right to ask, or says when to try again.
  std::optional<Clock::time_point> take_or_wait_until(const std::string& name);

  Resolver& resolver_;
  Clock& clock_;
  Guarded<State> state_;
};

}  // namespace posthaste
