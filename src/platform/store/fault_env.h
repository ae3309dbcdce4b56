#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace posthaste {

// A file system that can lose what was not synced, run full, or fail: for tests of durability.
// Wraps the real one, so that a store opened on it leaves real files behind.
//
//   FaultEnv faults;
//   ... open a store with faults.env(), write ...
//   faults.cut_power();            // from here on writes vanish
//   ... close the store ...
//   faults.restore_power();        // what was not synced is gone
//   ... open it again and count ...
class FaultEnv {
 public:
  FaultEnv();
  ~FaultEnv();

  rocksdb::Env* env() { return env_.get(); }

  // Every write and sync fails from here on, as on a full disk.
  void fill_disk() { fault_ = Fault::no_space; }
  // Every write and sync fails from here on with an I/O error.
  void break_disk() { fault_ = Fault::io_error; }
  void repair_disk() { fault_ = Fault::none; }

  // Writes are taken and forgotten.
  void cut_power() { fault_ = Fault::power_cut; }
  // Truncates every file to what was synced, and works again.
  void restore_power();

 private:
  friend class FaultFileSystem;
  friend class FaultFile;
  enum class Fault { none, no_space, io_error, power_cut };

  // The status a write or sync meets now.
  rocksdb::IOStatus check() const;
  void note_size(const std::string& path, std::uint64_t synced);
  void forget(const std::string& path);
  void rename(const std::string& from, const std::string& to);

  std::atomic<Fault> fault_{Fault::none};
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> synced_;  // guarded by mutex_: path to octets synced
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace posthaste
