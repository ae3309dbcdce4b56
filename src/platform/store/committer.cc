#include "platform/store/committer.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "platform/store/store_error.h"

namespace posthaste {
namespace {

using namespace std::chrono_literals;

// How long batches that ride along may wait for company when nobody asks for a sync.
constexpr auto kRideAlongDelay = 2ms;
// No write grows past this, however much is pending: the first waiters need not wait for all.
constexpr std::size_t kMaxWriteBytes = 8 << 20;
constexpr auto kRecoveryInterval = 1s;

std::string encode_u32(std::uint32_t number) {
  std::string octets(4, '\0');
  for (int i = 3; i >= 0; --i, number >>= 8)
    octets[static_cast<std::size_t>(i)] = static_cast<char>(number & 0xff);
  return octets;
}

std::uint32_t decode_u32(std::string_view octets) {
  std::uint32_t number = 0;
  for (const char octet : octets.substr(0, 4))
    number = number << 8 | static_cast<std::uint8_t>(octet);
  return number;
}

}  // namespace

Committer::Committer(Database& database, Clock& clock)
    : database_(database),
      clock_(clock),
      next_sequence_(database.read_last_sequence() + 1),
      last_sequence_(next_sequence_ - 1),
      thread_([this] {
        pthread_setname_np(pthread_self(), "committer");
        run();
      }) {}

Committer::~Committer() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void Committer::submit(Batch batch, Durability durability, Store::Applied applied) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    const bool is_synced = durability == Durability::synced;
    // While a sync is already asked for, the committer is awake or about to be.
    wake = pending_.empty() || (is_synced && !wants_sync_);
    wants_sync_ = wants_sync_ || is_synced;
    pending_.push_back({std::move(batch), durability, std::move(applied), std::nullopt, {}});
  }
  if (wake) work_.notify_one();
}

void Committer::remove_range(Family family, std::string from, std::string until) {
  {
    std::lock_guard lock(mutex_);
    pending_.push_back({Batch(), Durability::rides_along, nullptr,
                        std::pair{std::move(from), std::move(until)}, family});
  }
  work_.notify_one();
}

void Committer::release_log() {
  {
    std::lock_guard lock(mutex_);
    wants_release_ = true;
  }
  work_.notify_one();
}

void Committer::flush_if_wanted() {
  {
    std::lock_guard lock(mutex_);
    if (!std::exchange(wants_release_, false)) return;
  }
  if (!is_healthy()) return;
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  database_.db->Flush(options, database_.families()).PermitUncheckedError();
}

std::vector<Committer::Pending> Committer::take_pending() {
  std::unique_lock lock(mutex_);
  if (!is_healthy()) {
    // Those who wait for a sync are refused at once; the rest waits for the next try.
    work_.wait_for(lock, kRecoveryInterval, [this] { return is_stopping_ || wants_sync_; });
  } else {
    work_.wait(lock, [this] { return is_stopping_ || wants_release_ || !pending_.empty(); });
    if (!wants_sync_ && !is_stopping_ && !wants_release_) {
      work_.wait_for(lock, kRideAlongDelay, [this] { return is_stopping_ || wants_sync_; });
    }
  }
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < pending_.size() && bytes < kMaxWriteBytes)
    bytes += pending_[count++].batch.bytes();
  std::vector<Pending> group;
  if (count == pending_.size()) {
    group = std::exchange(pending_, {});
    wants_sync_ = false;
  } else {
    const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(count);
    group.assign(std::move_iterator(pending_.begin()), std::move_iterator(end));
    pending_.erase(pending_.begin(), end);
  }
  return group;
}

void Committer::run() {
  while (true) {
    std::vector<Pending> group = take_pending();
    if (!is_healthy()) {
      fail(std::move(group), rocksdb::Status::IOError("the store has failed and is being retried"));
      recover();
    } else if (!group.empty()) {
      write(std::move(group));
    }
    flush_if_wanted();
    std::lock_guard lock(mutex_);
    if (is_stopping_ && pending_.empty()) return;
  }
}

void Committer::write(std::vector<Pending> group) {
  const auto began = clock_.now();
  const std::uint64_t sequence_before = next_sequence_;
  rocksdb::WriteBatch batch;
  rocksdb::WriteOptions options;
  counts_.clear();
  for (const Pending& pending : group) {
    options.sync = options.sync || pending.durability == Durability::synced;
    add(pending, batch);
  }
  const std::size_t bytes = batch.GetDataSize();
  const rocksdb::Status status = database_.db->Write(options, &batch);
  if (observer_) {
    observer_({group.size(), bytes, clock_.now() - began, options.sync, !status.ok()});
  }
  if (!status.ok()) {
    next_sequence_ = sequence_before;
    is_healthy_ = false;
    fail(std::move(group), status);
    return;
  }
  last_sequence_.store(next_sequence_ - 1, std::memory_order_release);
  const Result<void> success;
  for (const Pending& pending : group) {
    if (pending.applied) pending.applied(success);
  }
}

void Committer::add(const Pending& pending, rocksdb::WriteBatch& into) {
  if (pending.range) {
    into.DeleteRange(family(pending.range_family), pending.range->first, pending.range->second);
  }
  for (const Batch::Operation& operation : pending.batch.operations_) {
    auto* const target = family(operation.family);
    switch (operation.kind) {
      case Batch::Kind::put:
        into.Put(target, operation.key, operation.value);
        break;
      case Batch::Kind::put_shared:
        into.Put(target, operation.key, *operation.shared);
        break;
      case Batch::Kind::remove:
        into.Delete(target, operation.key);
        break;
      case Batch::Kind::remove_once:
        into.SingleDelete(target, operation.key);
        break;
      case Batch::Kind::append: {
        const std::string sequence = encode_u64(next_sequence_++);
        into.Put(target, sequence, operation.value);
        if (!operation.key.empty()) {
          into.Put(family(operation.index), operation.key + sequence, "");
        }
        break;
      }
      case Batch::Kind::release:
        release(operation, into);
        break;
    }
  }
}

void Committer::release(const Batch::Operation& operation, rocksdb::WriteBatch& into) {
  auto* const target = family(operation.family);
  auto known = counts_.find(operation.key);
  if (known == counts_.end()) {
    std::string value;
    // Only this thread writes, so what is read here cannot change before it is written.
    const rocksdb::Status status =
        database_.db->Get(rocksdb::ReadOptions(), target, operation.key, &value);
    // A count that is not there was released to zero before: releasing it again changes nothing.
    if (!status.ok() || value.size() != 4) return;
    known = counts_.emplace(operation.key, decode_u32(value)).first;
  }
  if (known->second == 0) return;
  if (--known->second > 0) {
    into.Put(target, operation.key, encode_u32(known->second));
    return;
  }
  into.Delete(target, operation.key);
  for (const auto& [other, key] : operation.also) {
    into.SingleDelete(family(other), key);
  }
}

void Committer::fail(std::vector<Pending> group, const rocksdb::Status& status) {
  const Result<void> failure(StoreErrc::write_failed, status.ToString());
  for (Pending& pending : group) {
    if (pending.durability == Durability::synced) {
      if (pending.applied) pending.applied(failure);
    } else {
      kept_.push_back(std::move(pending));
    }
  }
}

void Committer::recover() {
  // What the log holds after a failed write is unknown until it is read again: the database is
  // opened anew. (RocksDB's own Resume() goes on with the log that failed.)
  if (!database_.reopen()) return;
  next_sequence_ = std::max(next_sequence_, database_.read_last_sequence() + 1);
  // A synced write of nothing but what was kept shows whether the disk takes writes again.
  rocksdb::WriteBatch batch;
  const std::uint64_t sequence_before = next_sequence_;
  counts_.clear();
  for (const Pending& pending : kept_) add(pending, batch);
  batch.PutLogData("recovery");
  rocksdb::WriteOptions options;
  options.sync = true;
  if (!database_.db->Write(options, &batch).ok()) {
    next_sequence_ = sequence_before;
    return;
  }
  last_sequence_.store(next_sequence_ - 1, std::memory_order_release);
  is_healthy_ = true;
  const Result<void> success;
  for (const Pending& pending : std::exchange(kept_, {})) {
    if (pending.applied) pending.applied(success);
  }
}

}  // namespace posthaste
