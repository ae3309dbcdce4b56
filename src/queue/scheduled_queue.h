#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_set>

#include "base/clock.h"
#include "spool/record.h"
#include "spool/spool.h"

namespace posthaste {

// One queue, most of which is on disk. Memory knows two things: which entries are held (waiting
// in a ready queue, on a connection, or with an outcome that is not yet on disk), and from where
// to read on.
//
// Invariants:
// 1. Every entry on disk that is due is held, or stands at `position_` or after it.
// 2. An entry is held from the moment it is given out until reads no longer show it where it was.
//    So nothing is given out twice.
// 3. At most kWindow entries are held, however long the queue is.
//
// Lives on the queue loop; not thread-safe. Does no I/O: the queue manager reads and tells.
class ScheduledQueue {
 public:
  static constexpr std::size_t kWindow = 1000;
  static constexpr std::size_t kLowWater = kWindow / 4;

  // A fresh entry was committed. True: the caller gives it out now, it is held. False: it stays
  // on disk and will be read in its turn.
  bool admit(const DueEntry& entry, WallTime now);

  // The first entry that was found on disk when the server started.
  void discover(const DueEntry& first);

  // What to read next; nothing when there is no need or a read is under way. Begins a read.
  struct Read {
    DueEntry from;
    WallTime until;
    std::size_t max;
  };
  std::optional<Read> start_read(WallTime now);
  // Ends it. Returns the entries to load and give out: those that are not held. They are now.
  std::vector<DueEntry> finish_read(const Spool::DuePage& page);

  // The entry is not given out after all: its message has ended meanwhile.
  void forget(const DueEntry& entry);
  // The entry is not given out before its time: it was tried since the flush.
  void skip(const DueEntry& entry);

  // An outcome of a held entry is on disk: it ended, or stands at `next` now.
  void release(const DueEntry& entry, const std::optional<DueEntry>& next);

  // Makes all that is on disk due now. `now` tells later which entries were tried since.
  void flush(WallTime now);
  std::optional<WallTime> flushed_at() const { return flushed_at_; }

  // When something on disk falls due that nobody has read yet; nothing while all is read.
  std::optional<WallTime> next_due() const;
  bool wants_read(WallTime now) const;
  std::size_t held() const { return held_.size(); }
  // When the oldest message that memory knows of was accepted.
  std::optional<WallTime> oldest() const;
  // Nothing held, nothing on disk.
  bool is_empty() const { return held_.empty() && is_caught_up_ && !next_due_ && !is_reading_; }

 private:
  struct EntryHash {
    std::size_t operator()(const DueEntry& entry) const {
      return std::hash<MessageId>{}(entry.id) ^ entry.group;
    }
  };

  std::unordered_set<DueEntry, EntryHash> held_;
  DueEntry position_;         // the first that a read looks at
  bool is_caught_up_ = true;  // nothing due stands at or after position_ but what is held
  bool is_reading_ = false;
  // The first entry that was put on disk since the read under way began: the read may not show it.
  std::optional<DueEntry> unseen_;
  std::optional<DueEntry> next_due_;  // the earliest known entry that is not due yet
  std::optional<WallTime> flushed_at_;
};

}  // namespace posthaste
