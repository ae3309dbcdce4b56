#include "shape/limit_meter.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

// Slower rates are written down, so that a restart does not grant too early; for faster ones it is
// enough to begin with a pause of one step.
constexpr auto kSlowStep = std::chrono::seconds(1);

WallTime::duration to_wall(Clock::duration duration) {
  return std::chrono::duration_cast<WallTime::duration>(duration);
}

}  // namespace

LimitMeter::LimitMeter(Clock& clock, std::string key, std::string label)
    : clock_(clock),
      key_(std::move(key)),
      label_(std::move(label)),
      openings_(clock, Rate()),
      messages_(clock, Rate()) {}

void LimitMeter::set(MeterLimits limits) {
  limits_ = std::move(limits);
  openings_.set_rate(limits_.openings);
  messages_.set_rate(limits_.messages);
}

LimitRefusal LimitMeter::refused(const std::string& name, const std::string& value,
                                 std::optional<Clock::time_point> until) const {
  LimitRefusal refusal{label_ + " " + name + " " + value, until, {}, this};
  const auto line = limits_.lines.find(name);
  if (line != limits_.lines.end()) refusal.where = line->second;
  return refusal;
}

std::optional<LimitRefusal> LimitMeter::refusal_to_hold() const {
  if (!limits_.concurrency || held_ < *limits_.concurrency) return std::nullopt;
  return refused(limits_.names.concurrency, std::to_string(*limits_.concurrency), std::nullopt);
}

std::optional<LimitRefusal> LimitMeter::refusal_to_open() const {
  if (auto refusal = refusal_to_hold()) return refusal;
  const auto until = openings_.wait_until();
  if (!until) return std::nullopt;
  return refused(limits_.names.openings, limits_.openings.to_string(), until);
}

std::optional<LimitRefusal> LimitMeter::refusal_to_send() const {
  if (limits_.closed && clock_.now() < limits_.closed->until) {
    return refused("closed", limits_.closed->because, limits_.closed->until);
  }
  const auto until = messages_.wait_until();
  if (until) return refused(limits_.names.messages, limits_.messages.to_string(), until);
  if (!limits_.daily_messages) return std::nullopt;
  const WallTime now = clock_.wall();
  const std::string value = std::to_string(*limits_.daily_messages);
  if (const auto free_at = quota_.wait_until(now, *limits_.daily_messages)) {
    return refused(limits_.names.daily_messages, value, clock_.now() + (*free_at - now));
  }
  // Until the promise is on disk; whoever keeps it wakes those who wait.
  if (left(promised_) == 0) return refused(limits_.names.daily_messages, value, std::nullopt);
  return std::nullopt;
}

void LimitMeter::count_opening() {
  (void)openings_.take_or_wait_until();
}

void LimitMeter::count_message() {
  (void)messages_.take_or_wait_until();
  if (!limits_.daily_messages) return;
  quota_.count(clock_.wall());
  if (promised_.left > 0) --promised_.left;
  if (on_its_way_.left > 0) --on_its_way_.left;
}

std::uint64_t LimitMeter::sent_in_a_day() const {
  return quota_.used(clock_.wall());
}

bool LimitMeter::is_idle() const {
  return held_ == 0 && !openings_.wait_until() && !messages_.wait_until() &&
         quota_.is_idle(clock_.wall());
}

bool LimitMeter::must_be_kept() const {
  const bool is_slow = !limits_.messages.is_unlimited() && messages_.step() > kSlowStep;
  return is_slow || limits_.daily_messages.has_value();
}

// One per cent of the limit: what a crash may cost of a day.
std::uint64_t LimitMeter::promise() const {
  return std::max<std::uint64_t>(1, limits_.daily_messages.value_or(0) / 100);
}

std::uint64_t LimitMeter::left(const Promise& promise) const {
  return promise.slot == quota_.slot_of(clock_.wall()) ? promise.left : 0;
}

bool LimitMeter::needs_promise() const {
  if (!limits_.daily_messages || left(on_its_way_) > 0) return false;
  const bool is_low = left(promised_) < promise();
  return is_low && quota_.used(clock_.wall()) + left(promised_) < *limits_.daily_messages;
}

LimitMeter::Kept LimitMeter::keep() {
  Kept kept = keep_at_end();
  const WallTime now = clock_.wall();
  if (limits_.daily_messages) {
    const std::uint64_t used = std::min(quota_.used(now), *limits_.daily_messages);
    const std::uint64_t fresh = std::min(promise() * 2, *limits_.daily_messages - used);
    on_its_way_ = {std::max(fresh, left(promised_)), quota_.slot_of(now)};
  }
  kept.slots = quota_.record(now, on_its_way_.left);
  return kept;
}

void LimitMeter::kept(bool is_written) {
  const Promise promise = std::exchange(on_its_way_, {});
  if (is_written) promised_ = promise;
}

LimitMeter::Kept LimitMeter::keep_at_end() const {
  Kept kept;
  if (const auto point = messages_.last_grant()) {
    kept.last_message = clock_.wall() + to_wall(*point - clock_.now());
  }
  kept.slots = quota_.record(clock_.wall(), 0);
  return kept;
}

LimitMeter::Kept LimitMeter::keep_with_promise() const {
  Kept kept = keep_at_end();
  kept.slots = quota_.record(clock_.wall(), std::max(left(promised_), left(on_its_way_)));
  return kept;
}

void LimitMeter::restore(const Kept& kept, bool ended_well) {
  quota_.restore(kept.slots);
  if (limits_.messages.is_unlimited() || !kept.last_message) return;
  const auto now = clock_.now();
  const auto last = std::min(now, now + (*kept.last_message - clock_.wall()));
  // With its next grant still to come the earlier run can have made none after this one.
  const bool is_certain = ended_well || last + messages_.step() > now;
  messages_.restore(is_certain ? last : now);
}

void LimitMeter::restore_unknown(Clock::time_point last) {
  messages_.restore(last);
  openings_.restore(last);
}

}  // namespace posthaste
