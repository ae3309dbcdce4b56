#pragma once

#include <rocksdb/write_batch.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "platform/store/database.h"
#include "platform/store/store.h"

namespace posthaste {

// The one writer of a Store, and its thread.
//
// Invariants:
// 1. Batches reach RocksDB in the order of submit().
// 2. Success is said to a synced batch only after a write with sync that contained it.
// 3. A batch that rides along is never dropped: it stays pending until a write contains it.
// 4. Sequence numbers are given in write order, without gaps but for failed writes.
class Committer {
 public:
  Committer(Database& database, Clock& clock);
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;
  // Writes what is pending, then stops.
  ~Committer();

  void submit(Batch batch, Durability durability, Store::Applied applied);
  void remove_range(Family family, std::string from, std::string until);
  // Store::release_log(), soon and between two writes: a flush that meets a log whose last write
  // has just failed would be RocksDB's end.
  void release_log();
  void on_commit(std::function<void(const CommitReport&)> observer) {
    observer_ = std::move(observer);
  }

  bool is_healthy() const { return is_healthy_.load(std::memory_order_relaxed); }
  std::uint64_t last_sequence() const { return last_sequence_.load(std::memory_order_acquire); }

 private:
  struct Pending {
    Batch batch;
    Durability durability;
    Store::Applied applied;
    std::optional<std::pair<std::string, std::string>> range;  // to remove, of `range_family`
    Family range_family{};
  };

  void run();
  std::vector<Pending> take_pending();
  void write(std::vector<Pending> group);
  void add(const Pending& pending, rocksdb::WriteBatch& into);
  void release(const Batch::Operation& operation, rocksdb::WriteBatch& into);
  void fail(std::vector<Pending> group, const rocksdb::Status& status);
  void recover();
  void flush_if_wanted();
  rocksdb::ColumnFamilyHandle* family(Family which) const { return database_.family(which); }

  Database& database_;
  Clock& clock_;
  std::function<void(const CommitReport&)> observer_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<Pending> pending_;  // guarded by mutex_
  bool wants_sync_ = false;       // guarded by mutex_: somebody in pending_ waits for a sync
  bool wants_release_ = false;    // guarded by mutex_: release_log()
  bool is_stopping_ = false;      // guarded by mutex_

  // The committer's thread only.
  std::uint64_t next_sequence_;
  std::unordered_map<std::string, std::uint32_t> counts_;  // released keys of the write under way
  std::vector<Pending> kept_;                              // what rode along in a failed write

  std::atomic<std::uint64_t> last_sequence_;
  std::atomic<bool> is_healthy_{true};
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace posthaste
