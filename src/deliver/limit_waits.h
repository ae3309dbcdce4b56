#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.h"
#include "route/destination.h"
#include "shape/limit_meter.h"

namespace posthaste {

// The sites that wait for limits, each in the line of every limit that holds it back. A limit that
// has room again serves its line one by one until it says no, so that what thousands of sites wait
// for costs no more than what one waits for, and they take turns.
//
//   waits.add(site, refusal, LimitWaits::Place::last);
//   …                                       // waits.freed(meter), or waits.advance(now)
//   while (auto awake = waits.take_awake()) serve(*awake);
//
// Lives on the queue loop; not thread-safe.
class LimitWaits {
 public:
  enum class Place : std::uint8_t { first, last };

  // The site waits for what refused it. A limit that was being served is not any more.
  void add(const SiteName& site, const LimitRefusal& refusal, Place place);

  // Room was made in a meter.
  void freed(const LimitMeter* meter);
  // Limits and rests whose time has come.
  void advance(Clock::time_point now);
  // Everybody asks again.
  void wake_all();

  // The next site that is to ask again.
  std::optional<SiteName> take_awake();
  bool has_awake() const { return !awake_.empty() || !rested_.empty(); }
  // When advance() has next to be called; nothing when no time is waited for.
  std::optional<Clock::time_point> next() const;

 private:
  struct Line {
    std::deque<SiteName> sites;
    std::unordered_set<SiteName> members;
    bool is_awake = false;
    std::optional<Clock::time_point> until;
  };

  void wake(const LimitMeter* meter, Line& line);

  std::unordered_map<const LimitMeter*, Line> lines_;
  std::deque<const LimitMeter*> awake_;
  std::multimap<Clock::time_point, const LimitMeter*> times_;
  // Those whom no limit holds back but a time: rests, suspensions.
  std::multimap<Clock::time_point, SiteName> rests_;
  std::unordered_map<SiteName, Clock::time_point> resting_;
  std::deque<SiteName> rested_;
};

}  // namespace posthaste
