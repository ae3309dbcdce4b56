#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "platform/config_schema.h"
#include "sink/recent_map.h"

namespace posthaste {

// The greylist block of a persona.
struct GreylistConfig {
  Duration after = std::chrono::minutes(5);
  Duration forget = std::chrono::hours(36 * 24);
  std::vector<std::string> reply = {"451 4.7.1 Greylisted, please try again later"};
};

const BlockSchema<GreylistConfig>& greylist_schema();

// RFC 6647 §2.1: who has not been seen before is asked to come again, and taken when it does, not
// too soon. A sender is known by client address, sender and recipient. Holds a million of them at
// most; the one that was seen longest ago is forgotten first. Not thread-safe.
class Greylist {
 public:
  explicit Greylist(GreylistConfig config) : config_(std::move(config)) {}

  bool accepts(std::string_view client, std::string_view sender, std::string_view recipient,
               Clock::time_point now);

 private:
  struct Entry {
    Clock::time_point first = Clock::time_point::min();  // not seen before
    Clock::time_point last;
  };

  GreylistConfig config_;
  RecentMap<Entry> entries_{1'000'000};
};

}  // namespace posthaste
