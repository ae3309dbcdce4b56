#include "deliver/limit_waits.h"

#include <utility>

namespace posthaste {

void LimitWaits::add(const SiteName& site, const LimitRefusal& refusal, Place place) {
  if (refusal.meter == nullptr) {
    if (!refusal.until) return;  // somebody will say when
    const auto known = resting_.find(site);
    if (known != resting_.end() && known->second <= *refusal.until) return;
    resting_[site] = *refusal.until;
    rests_.emplace(*refusal.until, site);
    return;
  }
  Line& line = lines_[refusal.meter];
  line.is_awake = false;
  if (refusal.until && (!line.until || *refusal.until < *line.until)) {
    line.until = refusal.until;
    times_.emplace(*refusal.until, refusal.meter);
  }
  if (!line.members.insert(site).second) return;
  if (place == Place::first) {
    line.sites.push_front(site);
  } else {
    line.sites.push_back(site);
  }
}

void LimitWaits::wake(const LimitMeter* meter, Line& line) {
  line.until.reset();
  line.is_awake = true;
  awake_.push_back(meter);
}

void LimitWaits::freed(const LimitMeter* meter) {
  const auto line = lines_.find(meter);
  if (line != lines_.end()) wake(meter, line->second);
}

void LimitWaits::advance(Clock::time_point now) {
  while (!times_.empty() && times_.begin()->first <= now) {
    const auto [time, meter] = *times_.begin();
    times_.erase(times_.begin());
    const auto line = lines_.find(meter);
    if (line != lines_.end() && line->second.until == time) wake(meter, line->second);
  }
  while (!rests_.empty() && rests_.begin()->first <= now) {
    const auto [time, site] = *rests_.begin();
    rests_.erase(rests_.begin());
    const auto resting = resting_.find(site);
    if (resting == resting_.end() || resting->second != time) continue;
    resting_.erase(resting);
    rested_.push_back(site);
  }
}

void LimitWaits::wake_all() {
  for (auto& [meter, line] : lines_) wake(meter, line);
  for (const auto& [site, time] : std::exchange(resting_, {})) rested_.push_back(site);
  rests_.clear();
}

std::optional<SiteName> LimitWaits::take_awake() {
  if (!rested_.empty()) {
    SiteName site = std::move(rested_.front());
    rested_.pop_front();
    return site;
  }
  while (!awake_.empty()) {
    const LimitMeter* const meter = awake_.front();
    const auto known = lines_.find(meter);
    if (known == lines_.end() || !known->second.is_awake) {
      awake_.pop_front();
      continue;
    }
    Line& line = known->second;
    if (line.sites.empty()) {
      awake_.pop_front();
      lines_.erase(known);
      continue;
    }
    SiteName site = std::move(line.sites.front());
    line.sites.pop_front();
    line.members.erase(site);
    return site;
  }
  return std::nullopt;
}

std::optional<Clock::time_point> LimitWaits::next() const {
  std::optional<Clock::time_point> next;
  if (!times_.empty()) next = times_.begin()->first;
  if (!rests_.empty() && (!next || rests_.begin()->first < *next)) next = rests_.begin()->first;
  return next;
}

}  // namespace posthaste
