#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"

namespace rocksdb {
class Env;
}

namespace posthaste {

// A column family, by its place in StoreOptions::families.
enum class Family : std::uint8_t {};

struct FamilyOptions {
  std::string name;
  bool has_large_values = false;  // kept in blob files
  // Asked all the time for keys that mostly are not there: its filters stay in memory, and it is
  // packed as tightly as can be.
  bool is_mostly_missed = false;
};

struct StoreOptions {
  std::filesystem::path path;
  std::vector<FamilyOptions> families;
  // The one that append() numbers. Requires: its last record is never removed, for the numbers go
  // on from there.
  std::optional<Family> log;
  Bytes write_buffers = Bytes(96 << 20);  // all families together, before they go to disk
  Bytes block_cache = Bytes(32 << 20);
  // Hears what the database warns of, such as writes that it slows down. Any thread.
  std::function<void(const std::string& warning)> on_warning;
  rocksdb::Env* env = nullptr;  // nullptr: the system's; tests give one that fails
};

// Changes that happen together or not at all. Values are copied but for shared ones, which must
// not change until the commit is done.
class Batch {
 public:
  void put(Family family, std::string key, std::string value);
  void put_shared(Family family, std::string key, std::shared_ptr<const std::string> value);
  void remove(Family family, std::string key);
  // Cheaper than remove. Requires: the key was put at most once since it was last removed.
  void remove_once(Family family, std::string key);

  // Adds `value` to a log: its key is the next sequence number, 8 octets, big-endian, given at the
  // commit, so that the order of the log is the order of commits. Where `index_prefix` is not
  // empty, the key index_prefix + sequence is put into `index` as well, without a value.
  void append(Family log, std::string value, Family index, std::string index_prefix);

  // Counts `key` (4 octets, big-endian) down by one; at zero removes it and then `also`.
  void release(Family family, std::string key, std::vector<std::pair<Family, std::string>> also);

  bool empty() const { return operations_.empty(); }
  std::size_t bytes() const { return bytes_; }

 private:
  friend class Committer;

  enum class Kind : std::uint8_t { put, put_shared, remove, remove_once, append, release };
  struct Operation {
    Kind kind;
    Family family;
    Family index{};
    std::string key;  // of an append: the index prefix
    std::string value;
    std::shared_ptr<const std::string> shared;
    std::vector<std::pair<Family, std::string>> also;
  };

  std::vector<Operation> operations_;
  std::size_t bytes_ = 0;
};

enum class Durability : std::uint8_t {
  synced,      // on the medium before success is said
  rides_along  // written with the next commit; may be lost with the machine, never reordered
};

// What one commit did, for metrics.
struct CommitReport {
  std::size_t batches = 0;
  std::size_t bytes = 0;
  Clock::duration took{};
  bool is_synced = false;
  bool failed = false;
};

// What a store held at one moment (Store::view). While it is kept, the space of what is removed
// does not come back. Ends before its store.
class StoreView;

// The durable store: RocksDB with one writer. Sessions on any thread hand in batches; the one
// committer thread merges what has come, writes once, with a sync when anybody asked for one, and
// then answers all of them. Because there is one writer, batches are applied in the order in which
// they were handed in.
//
// After a failed write the store refuses batches that want a sync and keeps those that ride along,
// in order, until a write succeeds again; it tries once a second (is_healthy() tells).
//
// Any thread may call anything here.
class Store {
 public:
  using Applied = std::function<void(const Result<void>&)>;

  static Result<std::unique_ptr<Store>> open(const StoreOptions& options, Clock& clock);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  // Writes what was handed in, then closes.
  ~Store();

  // Returns when the batch is applied (and synced), on the caller's executor.
  boost::asio::awaitable<Result<void>> commit(Batch batch, Durability durability);
  // The same without waiting: `applied` runs on the committer's thread, so it only posts.
  void commit(Batch batch, Durability durability, Applied applied);

  Result<std::optional<std::string>> get(Family family, std::string_view key) const;
  // One answer for each key, in order.
  std::vector<std::optional<std::string>> get_many(Family family,
                                                   const std::vector<std::string>& keys) const;
  // The same without reading from disk; nullopt when it cannot be told so. What was never put is
  // told by the filters, nearly always, and what was put lately is in memory.
  std::optional<std::vector<std::optional<std::string>>> get_many_in_memory(
      Family family, const std::vector<std::string>& keys) const;
  // Octets of a family on disk, without the log.
  std::uint64_t disk_bytes(Family family) const;
  // Packs a family as it would be after long. Blocks, long: for measuring.
  void compact(Family family);
  // What is there now, for a scan later on.
  std::shared_ptr<const StoreView> view() const;
  // Calls `visit` with keys from `from` on, in order, until it returns false or `until` (not
  // included; "" means the end) is reached. What it sees is of the moment of `view`, or of the
  // call. An error, too: since `view` was taken, the store had to be opened anew.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  Result<void> scan(Family family, std::string_view from, std::string_view until,
                    const Visit& visit, const StoreView* view = nullptr) const;
  // Removes all keys in [from, until) at once; rides along.
  void remove_range(Family family, std::string from, std::string until);

  // Begins to write to tables what only the log holds, so that the log's space comes back. Does not
  // wait for it.
  void release_log();

  bool is_healthy() const;
  // The last sequence number that append() has given and that is written.
  std::uint64_t last_sequence() const;
  // Octets on disk, logs included.
  std::uint64_t disk_bytes() const;

  // Runs after each commit, on the committer's thread. Set before the first commit.
  void on_commit(std::function<void(const CommitReport&)> observer);

 private:
  Store(std::unique_ptr<class Database> database, Clock& clock);

  std::unique_ptr<Database> database_;
  std::unique_ptr<class Committer> committer_;
};

// Big-endian, so that keys sort as numbers do.
std::string encode_u64(std::uint64_t number);
std::uint64_t decode_u64(std::string_view octets);

}  // namespace posthaste
