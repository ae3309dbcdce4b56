#pragma once

#include <rocksdb/db.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>
#include <vector>

#include "platform/store/store.h"

namespace posthaste {

// An open RocksDB with our settings, which can be opened anew after its log has failed.
//
// Reads hold a lock against that one moment, shared among them; the committer, the only writer and
// the only one to reopen, needs none of its own.
class Database {
 public:
  explicit Database(StoreOptions options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  rocksdb::Status open();
  // Closes and opens. False when that fails; the old handle is gone then, and every read says so.
  // Called by the committer only.
  bool reopen();

  std::shared_lock<std::shared_mutex> read_access() const { return std::shared_lock(mutex_); }

  rocksdb::ColumnFamilyHandle* family(Family which) const {
    return families_[static_cast<std::size_t>(which)];
  }
  const std::vector<rocksdb::ColumnFamilyHandle*>& families() const { return families_; }
  // The number of the log's last record; 0 when it is empty.
  std::uint64_t read_last_sequence() const;

  std::unique_ptr<rocksdb::DB> db;

 private:
  friend class StoreView;
  void close();

  StoreOptions options_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  mutable std::shared_mutex mutex_;
  std::mutex views_mutex_;
  std::unordered_set<StoreView*> views_;
};

// A snapshot of RocksDB's, given back when the database is closed at the latest.
class StoreView {
 public:
  explicit StoreView(Database& database);
  StoreView(const StoreView&) = delete;
  StoreView& operator=(const StoreView&) = delete;
  ~StoreView();

  // Null: the database was closed since. Requires: the caller has read access.
  const rocksdb::Snapshot* snapshot() const { return snapshot_; }

 private:
  friend class Database;

  Database& database_;
  const rocksdb::Snapshot* snapshot_ = nullptr;
};

}  // namespace posthaste
