#include "queue/scheduled_queue.h"

#include <algorithm>

namespace posthaste {
namespace {

constexpr WallTime kEndOfTime = WallTime::max();

}  // namespace

bool ScheduledQueue::admit(const DueEntry& entry, WallTime now) {
  const bool is_due = entry.due <= now;
  if (is_due && is_caught_up_ && !is_reading_ && held_.size() < kWindow) {
    held_.insert(entry);
    return true;
  }
  if (!is_due) {
    if (!next_due_ || entry < *next_due_) next_due_ = entry;
    return false;
  }
  discover(entry);
  return false;
}

void ScheduledQueue::discover(const DueEntry& first) {
  position_ = std::min(position_, first);
  if (!unseen_ || first < *unseen_) unseen_ = first;
  is_caught_up_ = false;
}

bool ScheduledQueue::wants_read(WallTime now) const {
  if (is_reading_ || held_.size() > kLowWater) return false;
  return !is_caught_up_ || (next_due_ && next_due_->due <= now);
}

std::optional<ScheduledQueue::Read> ScheduledQueue::start_read(WallTime now) {
  if (!wants_read(now)) return std::nullopt;
  if (next_due_ && next_due_->due <= now) {
    position_ = std::min(position_, *next_due_);
    next_due_.reset();
  }
  is_reading_ = true;
  unseen_.reset();
  is_caught_up_ = false;
  // Held entries may stand in the way: read past them.
  return Read{position_, flushed_at_ ? kEndOfTime : now, kWindow};
}

std::vector<DueEntry> ScheduledQueue::finish_read(const Spool::DuePage& page) {
  is_reading_ = false;
  std::vector<DueEntry> fresh;
  std::optional<DueEntry> left;  // the first that the window has no room for
  for (const DueEntry& entry : page.entries) {
    if (held_.contains(entry)) continue;
    if (held_.size() >= kWindow) {
      left = entry;
      break;
    }
    held_.insert(entry);
    fresh.push_back(entry);
  }
  if (left) {
    position_ = *left;
  } else if (!page.entries.empty()) {
    position_ = page.entries.back();
  }
  is_caught_up_ = page.is_last && !left && !unseen_;
  if (unseen_) position_ = std::min(position_, *unseen_);
  if (page.is_last && !left && flushed_at_) flushed_at_.reset();
  if (page.next && (!next_due_ || *page.next < *next_due_)) next_due_ = page.next;
  return fresh;
}

void ScheduledQueue::forget(const DueEntry& entry) {
  held_.erase(entry);
}

void ScheduledQueue::skip(const DueEntry& entry) {
  release(entry, entry);
}

void ScheduledQueue::release(const DueEntry& entry, const std::optional<DueEntry>& next) {
  held_.erase(entry);
  if (next && (!next_due_ || *next < *next_due_)) next_due_ = next;
}

void ScheduledQueue::flush(WallTime now) {
  flushed_at_ = now;
  discover(next_due_.value_or(position_));
}

std::optional<WallTime> ScheduledQueue::oldest() const {
  std::optional<WallTime> oldest;
  const auto consider = [&oldest](const DueEntry& entry) {
    const WallTime accepted = entry.id.time();
    if (!oldest || accepted < *oldest) oldest = accepted;
  };
  for (const DueEntry& entry : held_) consider(entry);
  if (next_due_) consider(*next_due_);
  return oldest;
}

std::optional<WallTime> ScheduledQueue::next_due() const {
  return next_due_ ? std::optional(next_due_->due) : std::nullopt;
}

}  // namespace posthaste
