#include "shape/daily_quota.h"

#include <algorithm>

namespace posthaste {

// A clock that was set back counts in the slot that is the latest.
std::int64_t DailyQuota::slot_of(WallTime now) const {
  const auto since_epoch = std::chrono::floor<std::chrono::minutes>(now.time_since_epoch());
  const std::int64_t slot = since_epoch / kSlot;
  return slots_.empty() ? slot : std::max(slot, slots_.back().first);
}

void DailyQuota::restore(const Slots& slots) {
  slots_.assign(slots.begin(), slots.end());
  std::sort(slots_.begin(), slots_.end());
  sum_ = 0;
  for (const auto& [slot, count] : slots_) sum_ += count;
}

DailyQuota::Slots DailyQuota::record(WallTime now, std::uint64_t promised) const {
  const std::int64_t current = slot_of(now);
  Slots slots;
  for (const auto& one : slots_) {
    if (one.first > current - kSlots) slots.push_back(one);
  }
  if (promised == 0) return slots;
  if (slots.empty() || slots.back().first != current) slots.emplace_back(current, 0);
  slots.back().second += promised;
  return slots;
}

std::uint64_t DailyQuota::used(WallTime now) const {
  const std::int64_t current = slot_of(now);
  std::uint64_t sum = sum_;
  for (const auto& [slot, count] : slots_) {
    if (slot > current - kSlots) break;
    sum -= count;
  }
  return sum;
}

std::optional<WallTime> DailyQuota::wait_until(WallTime now, std::uint64_t limit) const {
  const std::int64_t current = slot_of(now);
  std::uint64_t sum = used(now);
  if (sum < limit) return std::nullopt;
  for (const auto& [slot, count] : slots_) {
    if (slot <= current - kSlots) continue;
    sum -= count;
    // The slot leaves every window when its number is kSlots ago.
    if (sum < limit) return WallTime((slot + kSlots) * kSlot);
  }
  return WallTime((current + kSlots) * kSlot);
}

void DailyQuota::count(WallTime now) {
  const std::int64_t current = slot_of(now);
  while (!slots_.empty() && slots_.front().first <= current - kSlots) {
    sum_ -= slots_.front().second;
    slots_.pop_front();
  }
  if (slots_.empty() || slots_.back().first != current) slots_.emplace_back(current, 0);
  ++slots_.back().second;
  ++sum_;
}

}  // namespace posthaste
